import type { DossierManifest, Remark } from '@ropewalk/core/dossier/manifest'
import { isRisky } from '../list-gaps.ts'
import type { DossierData } from '../collect-dossier.ts'
import { listStanding } from '../run-record.ts'

type Parts = Pick<DossierManifest, 'security' | 'measurements' | 'reviews' | 'waivers'>

const listSimulated = ({ view }: DossierData): Remark[] =>
  view.run.simulated
    ? [
        {
          kind: 'simulated',
          text: 'Documents and code here were written by the offline model, by rules and without a language model. The checks are real: the engine ran them.',
          source: null,
        },
      ]
    : []

/** What looked at code that was changed afterwards. Its findings are of that code, and count for it alone. */
const listOlder = ({ view }: DossierData, { security, measurements }: Parts): Remark[] => {
  const { acceptedCommit } = view.run
  if (acceptedCommit === null) return []
  const older = [
    ...security.map(({ section, revision }) => ({ what: section as string, revision, source: '#security' })),
    ...measurements.map(({ artifact, revision }) => ({ what: artifact, revision, source: '#measured' })),
  ].filter(({ revision }) => revision !== null && revision !== acceptedCommit)
  const groups = Map.groupBy(older, ({ revision }) => revision ?? '')
  return [...groups].map(([revision, group]) => ({
    kind: 'older-code',
    text: `Of commit ${revision.slice(0, 7)}, before later phases changed the code: ${group.map(({ what }) => what).join(', ')}. The accepted commit is ${acceptedCommit.slice(0, 7)}.`,
    source: group[0]?.source ?? null,
  }))
}

const listReviews = ({ reviews }: Parts): Remark[] => {
  const last = reviews.filter(({ isLast }) => isLast)
  const name = (of: typeof last) =>
    of.map(({ artifact, reviewer }) => `${artifact} (by ${reviewer})`).join(', ')
  const sameModel = last.filter(({ independence }) => independence === 'identity')
  const doubtful = last.filter(({ independence }) => independence === 'none' || independence === 'unknown')
  const remark = (text: string): Remark => ({ kind: 'independence', text, source: '#reviews' })
  return [
    ...(sameModel.length === 0
      ? []
      : [remark(`Reviews by another identity of the author's own model: ${name(sameModel)}.`)]),
    ...(doubtful.length === 0
      ? []
      : [remark(`Nothing shows that these reviews are independent of the author: ${name(doubtful)}.`)]),
  ]
}

const listDefaults = ({ questions }: DossierData): Remark[] => {
  const assumed = questions.filter((question) => question.status === 'assumed' && !isRisky(question))
  const approvals = assumed.filter(({ kind }) => kind === 'approval').map(({ phase }) => phase)
  return [
    ...assumed
      .filter(({ kind }) => kind === 'question')
      .map(({ id, text, answer, defaultAnswer }): Remark => ({
        kind: 'assumption',
        text: `Assumed, as nobody answered: ${text} – ${answer ?? defaultAnswer}`,
        source: `#question-${id}`,
      })),
    ...(approvals.length === 0
      ? []
      : [
          {
            kind: 'approval' as const,
            text: `No person approved ${approvals.join(', ')}: policy let it pass at the deadline.`,
            source: '#questions',
          },
        ]),
  ]
}

const listOwnApprovals = ({ waivers }: Parts): Remark[] =>
  waivers
    .filter(({ selfApproved, status }) => selfApproved && status !== 'rejected')
    .map(({ id, rubric, owner }) => ({
      kind: 'self-approval',
      text: `The waiver of ${rubric} was approved by whoever asked for it (${owner}).`,
      source: `#waiver-${id}`,
    }))

/** A waiver in force that no standing gate needed. */
const listUnused = (data: DossierData, { waivers }: Parts): Remark[] => {
  const used = new Set(listStanding(data).flatMap(({ pack }) => pack.waivers.map(({ waiverId }) => waiverId)))
  return waivers
    .filter(({ id, status }) => status === 'active' && !used.has(id))
    .map(({ id, phase, rubric }) => ({
      kind: 'unused-waiver',
      text: `The waiver of ${rubric} in ${phase} was not needed: its gate passed without it.`,
      source: `#waiver-${id}`,
    }))
}

/** What a reader should know and what takes nothing from the verdict. */
export const makeRemarks = (data: DossierData, parts: Parts): Remark[] => [
  ...listSimulated(data),
  ...listOlder(data, parts),
  ...listReviews(parts),
  ...listOwnApprovals(parts),
  ...listUnused(data, parts),
  ...listDefaults(data),
]
