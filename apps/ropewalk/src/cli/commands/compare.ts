import type { Comparison, PhaseSide } from '@ropewalk/core/contract/api/comparison'
import { getDurationText } from '../progress-view.ts'
import { getMoneyText, VERDICT_WORDS } from '../result.ts'
import { resolveRunId } from '../run-ref.ts'
import type { CommonFlags } from '../settings.ts'
import { clean, clip, makeTable, type Terminal } from '../terminal.ts'
import { EXIT } from '../trouble.ts'
import { withApi } from '../with-api.ts'

const RELATIONS = {
  same: 'Both are the same run.',
  fork: 'B is a fork of A.',
  origin: 'A is a fork of B.',
  sibling: 'Both are forks of the same run.',
  none: 'Neither is a fork of the other.',
} as const

const layOutSides = ({ a, b, relation }: Comparison): string => {
  const row = (name: string, side: Comparison['a']) => [
    name,
    side.runId,
    side.status.replace('_', ' '),
    VERDICT_WORDS[side.verdict],
    side.ms === null ? '' : getDurationText(side.ms),
    `${side.tokens} tokens`,
    getMoneyText(side.usd),
    clip(side.title, 50),
  ]
  return [makeTable([row('A', a), row('B', b)]), RELATIONS[relation]].join('\n')
}

const section = (title: string, lines: readonly string[], none: string): string =>
  [title, ...(lines.length === 0 ? [`  ${none}`] : lines)].join('\n')

const layOutPlan = ({ plan }: Comparison): string =>
  section(
    'PLAN',
    plan.flatMap(({ what, a, b }) => [
      `  ${what}`,
      `    A  ${clip(a ?? 'none', 160)}`,
      `    B  ${clip(b ?? 'none', 160)}`,
    ]),
    'the same',
  )

const getPhaseCells = (side: PhaseSide | null): string[] => {
  if (side === null) return ['none', '', '', '', '']
  if (side.inherited) return ['taken over', '', '', '', '']
  return [
    side.status,
    `${side.rounds} ${side.rounds === 1 ? 'round' : 'rounds'}`,
    side.score === null ? '' : `${Math.round(side.score * 100)} %`,
    side.ms === null ? '' : getDurationText(side.ms),
    `${side.tokens} tokens, ${getMoneyText(side.usd)}`,
  ]
}

const layOutPhases = ({ phases }: Comparison): string => {
  const rows = phases.flatMap(({ phase, a, b }) => [
    [`  ${phase}`, 'A', ...getPhaseCells(a)],
    ['', 'B', ...getPhaseCells(b)],
  ])
  return section('PHASES', [makeTable(rows)], 'none')
}

const STATES = { same: 'same', changed: 'changed', 'only-a': 'only in A', 'only-b': 'only in B' } as const

const getVerdict = (verdict: Comparison['a']['verdict'] | null): string =>
  verdict === null ? '–' : VERDICT_WORDS[verdict]

const layOutRequirements = ({ requirements }: Comparison): string => {
  const rows = requirements.map(({ id, idInB, title, state, verdictA, verdictB }) => [
    `  ${id}${idInB === null ? '' : ` (${idInB} in B)`}`,
    STATES[state],
    `A ${getVerdict(verdictA)}`,
    `B ${getVerdict(verdictB)}`,
    clip(title, 70),
  ])
  return section('REQUIREMENTS', rows.length === 0 ? [] : [makeTable(rows)], 'neither has any')
}

const layOutArtifacts = ({ artifacts: { same, items } }: Comparison): string => {
  const lines = items.flatMap(({ name, state, a, b, diff }) => [
    `  ${name}  ${STATES[state]}: ${a === null ? '–' : `${a.bytes} bytes ${a.digest.slice(0, 12)}`} → ${b === null ? '–' : `${b.bytes} bytes ${b.digest.slice(0, 12)}`}`,
    ...(diff === null ? [] : diff.lines.map((line) => `      ${clean(line)}`)),
    ...(diff !== null && diff.cut > 0 ? [`      (${diff.cut} more lines)`] : []),
    ...(diff !== null && diff.lines.length === 0 ? ['      reads the same'] : []),
  ])
  return section(`ARTIFACTS (${same} the same)`, lines, 'all the same')
}

const layOutCode = ({ code }: Comparison): string => {
  if (code === null) return section('CODE', [], 'one of them has none that was accepted')
  const rows = code.files.map(({ path, added, removed }) => [
    `  ${clip(path, 100)}`,
    added === null ? 'not text' : `+${added}`,
    removed === null ? '' : `-${removed}`,
  ])
  const more = code.changed - code.files.length
  return section(
    `CODE ${code.a.slice(0, 12)} → ${code.b.slice(0, 12)}: ${code.changed} files, +${code.added} -${code.removed}`,
    [...(rows.length === 0 ? [] : [makeTable(rows)]), ...(more > 0 ? [`  (${more} more files)`] : [])],
    'the same',
  )
}

const layOutEvidence = ({ evidence }: Comparison): string => {
  const rows = evidence.map(({ phase, kind, name, a, b }) => [
    `  ${phase}`,
    kind,
    `A ${a ?? 'not judged'}`,
    `B ${b ?? 'not judged'}`,
    clip(name, 100),
  ])
  return section(
    'EVIDENCE',
    rows.length === 0 ? [] : [makeTable(rows)],
    'came out alike wherever both have it',
  )
}

/** A comparison for a person. */
export const layOutComparison = (comparison: Comparison): string =>
  [layOutSides, layOutPlan, layOutPhases, layOutRequirements, layOutArtifacts, layOutCode, layOutEvidence]
    .map((layOut) => layOut(comparison))
    .join('\n\n')

/** How two runs differ. */
export const compare = (
  terminal: Terminal,
  of: { readonly a: string; readonly b: string },
  flags: CommonFlags,
): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const comparison = await api.compareRuns(await resolveRunId(api, of.a), await resolveRunId(api, of.b))
    terminal.out(flags.json === true ? JSON.stringify(comparison) : layOutComparison(comparison))
    return EXIT.ok
  })
