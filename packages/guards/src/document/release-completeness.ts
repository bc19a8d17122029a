import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findFileInside } from '../checkout.ts'
import { findArtifact, findDocument } from '../documents.ts'
import type { GuardInput } from '../guard.ts'
import { lacks, makeGuard } from '../make-guard.ts'
import { fact, getShare, judgeChecks, limit, share, show, type Check } from './checks.ts'

/** Four documents by row DX-P12. */
const Settings = z.strictObject({
  required: z
    .array(z.string().min(1).max(64))
    .default(['ReleaseNotes', 'DeploymentPlan', 'RollbackPlan', 'Documentation']),
  min_rollback_triggers: z.int().min(0).max(20).default(2),
  min_rollback_steps: z.int().min(0).max(40).default(2),
  max_rollback_minutes: z.number().min(0).max(10_000).default(60),
  /** Programs that a step may call though the repository does not have them. */
  allowed_programs: z
    .array(z.string().min(1).max(80))
    .default(['curl', 'git', 'kill', 'node', 'npm', 'pnpm', 'tar']),
  /** Of the requirements of priority must that a section of Documentation names. */
  min_documented: z.number().min(0).max(1).default(0.9),
  min: z.number().min(0).max(1).default(0.9),
})
type Settings = z.infer<typeof Settings>
type Step = DocumentOf<'RollbackPlan'>['steps'][number]
type Manifest = DocumentOf<'RepoManifest'> | undefined

const PackageFile = z.looseObject({
  version: z.string().optional(),
  scripts: z.record(z.string(), z.unknown()).default({}),
})
type PackageFile = z.infer<typeof PackageFile>

const readPackage = async (dir: string | undefined): Promise<PackageFile | undefined> => {
  if (dir === undefined || (await findFileInside(dir, 'package.json')) === undefined) return undefined
  try {
    return PackageFile.safeParse(JSON.parse(await readFile(join(dir, 'package.json'), 'utf8'))).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const checkVersions = (input: GuardInput, file: PackageFile | undefined): Check[] => {
  const notes = findDocument(input, 'ReleaseNotes')
  if (notes === undefined) return []
  const told: readonly (readonly [place: string, version: string | undefined])[] = [
    ['Changelog#/releases/0/version', findDocument(input, 'Changelog')?.releases[0]?.version],
    ['DeploymentPlan#/version', findDocument(input, 'DeploymentPlan')?.version],
    ['RollbackPlan#/version', findDocument(input, 'RollbackPlan')?.version],
    ['package.json#/version', file?.version],
  ]
  return told.flatMap(([place, version]) =>
    version === undefined
      ? []
      : [
          fact(
            version === notes.version,
            `${place} is ${version}, but ReleaseNotes#/version is ${notes.version}.`,
          ),
        ],
  )
}

const checkChangelog = (changelog: DocumentOf<'Changelog'> | undefined): Check[] =>
  (changelog?.releases ?? []).map(({ version }, index, releases) => {
    const first = releases.findIndex((other) => other.version === version)
    return limit(
      first === index,
      `Changelog#/releases/${index}/version is ${version}, as is that of /releases/${first}.`,
    )
  })

const SCRIPT_RUNNERS = new Set(['npm', 'pnpm'])

/** What a command needs that the repository does not have, as the end of a sentence; undefined where it has all. */
const findCommandFault = async (
  argv: readonly string[],
  repository: {
    readonly dir: string | undefined
    readonly file: PackageFile | undefined
    readonly manifest: Manifest
  },
  allowed: readonly string[],
): Promise<string | undefined> => {
  const [program = '', ...rest] = argv
  const { dir, file, manifest } = repository
  const known = [
    manifest?.start,
    manifest?.commands?.build,
    manifest?.commands?.test,
    manifest?.commands?.lint,
  ]
  if (known.some((command) => command?.join('\0') === argv.join('\0'))) return undefined
  if (dir !== undefined && program.includes('/'))
    return (await findFileInside(dir, program)) === undefined
      ? `calls ${program}, which the repository does not have`
      : undefined
  if (!allowed.includes(program))
    return `calls ${program}, which is neither a command of RepoManifest nor an allowed program`
  if (SCRIPT_RUNNERS.has(program)) {
    const script = rest[0] === 'run' ? rest[1] : ['start', 'test'].find((name) => name === rest[0])
    return script !== undefined && file !== undefined && !Object.hasOwn(file.scripts, script)
      ? `runs the script ${script}, which package.json does not have`
      : undefined
  }
  const target = program === 'node' ? rest.find((argument) => !argument.startsWith('-')) : undefined
  if (
    target === undefined ||
    dir === undefined ||
    rest.some((argument) => /^(?:-e|--eval|-p|--print)$/u.test(argument))
  )
    return undefined
  return (await findFileInside(dir, target)) === undefined
    ? `runs ${target}, which the repository does not have`
    : undefined
}

const checkSteps = async (
  plans: Readonly<Record<string, readonly Step[] | undefined>>,
  repository: Parameters<typeof findCommandFault>[1],
  allowed: readonly string[],
): Promise<Check[]> => {
  const checks: Check[] = []
  for (const [name, steps] of Object.entries(plans))
    for (const [index, { command }] of (steps ?? []).entries()) {
      if (command === null) continue
      const fault = await findCommandFault(command, repository, allowed)
      checks.push(fact(fault === undefined, `${name}#/steps/${index}/command ${fault ?? ''}.`))
    }
  return checks
}

const checkRollback = (plan: DocumentOf<'RollbackPlan'> | undefined, settings: Settings): Check[] => {
  if (plan === undefined) return []
  const at = 'RollbackPlan#'
  return [
    limit(
      plan.triggers.length >= settings.min_rollback_triggers,
      `${at}/triggers has ${plan.triggers.length}, expected at least ${settings.min_rollback_triggers}.`,
    ),
    limit(
      plan.steps.length >= settings.min_rollback_steps,
      `${at}/steps has ${plan.steps.length}, expected at least ${settings.min_rollback_steps}.`,
    ),
    limit(
      plan.max_minutes <= settings.max_rollback_minutes,
      `${at}/max_minutes is ${show(plan.max_minutes)}, expected at most ${show(settings.max_rollback_minutes)}.`,
    ),
    ...plan.triggers.map(({ threshold }, index) =>
      share(
        /\d|\b(?:any|every|no|none|never|first|one|two|three|all)\b/iu.test(threshold),
        `${at}/triggers/${index}/threshold names no figure: "${threshold}".`,
      ),
    ),
    share(
      plan.steps.some(({ command }) => command !== null),
      `${at}/steps name no command, so nobody can rehearse them.`,
    ),
  ]
}

const checkDeployment = (plan: DocumentOf<'DeploymentPlan'> | undefined, manifest: Manifest): Check[] => {
  if (plan === undefined) return []
  const at = 'DeploymentPlan#'
  const shares = plan.canary.steps.map((step) => step.share)
  const isRising = shares.every((one, index) => index === 0 || one > (shares[index - 1] ?? 0))
  const starts = plan.steps.some(
    ({ command }) =>
      command !== null &&
      (command.join('\0') === manifest?.start?.join('\0') ||
        /^(?:npm|pnpm)\0(?:run\0)?start$/u.test(command.join('\0'))),
  )
  return [
    share(isRising, `${at}/canary/steps do not rise: ${shares.map(show).join(', ')}.`),
    share(
      manifest?.kind !== 'service' || starts,
      `${at}/steps never start the service by the command of RepoManifest (${manifest?.start?.join(' ') ?? ''}).`,
    ),
    share(
      manifest?.port_env == null || plan.configuration.some(({ variable }) => variable === manifest.port_env),
      `${at}/configuration does not name ${manifest?.port_env ?? ''}, which the service reads its port from.`,
    ),
  ]
}

const checkDocumentation = (input: GuardInput, least: number): Check[] => {
  const documentation = findDocument(input, 'Documentation')
  const musts = (findDocument(input, 'PRD')?.requirements ?? [])
    .filter(({ priority }) => priority === 'must')
    .map(({ id }) => id)
  if (documentation === undefined) return []
  const told = new Set(documentation.sections.flatMap(({ requirements }) => requirements))
  const missed = musts.filter((id) => !told.has(id))
  const documented = getShare(musts.length - missed.length, musts.length)
  return [
    limit(
      documented + 1e-9 >= least,
      `Documentation#/sections document ${show(documented)} of the requirements that must be met, expected ${show(least)}: none names ${missed.join(', ')}.`,
    ),
    share(
      documentation.sections.some(({ kind }) => kind === 'getting-started'),
      'Documentation#/sections has none of kind getting-started.',
    ),
    share(
      documentation.sections.some(({ examples }) => examples.length > 0),
      'Documentation#/sections show no example.',
    ),
  ]
}

/** All documents of a release are there, tell of one version, and order only what the repository can do. */
export const guard = makeGuard({
  name: 'release-completeness',
  version: '1.0.0',
  settings: Settings,
  judge: async (input, settings) => {
    if (findArtifact(input, 'ReleaseNotes') === undefined && !settings.required.includes('ReleaseNotes'))
      return lacks('ReleaseNotes')
    const dir = input.worktree?.dir
    const file = await readPackage(dir)
    const manifest = findDocument(input, 'RepoManifest')
    const deployment = findDocument(input, 'DeploymentPlan')
    const rollback = findDocument(input, 'RollbackPlan')
    const checks = [
      ...settings.required.map((name) =>
        limit(findArtifact(input, name) !== undefined, `The release lacks ${name}.`),
      ),
      ...checkVersions(input, file),
      ...checkChangelog(findDocument(input, 'Changelog')),
      ...(await checkSteps(
        { DeploymentPlan: deployment?.steps, RollbackPlan: rollback?.steps },
        { dir, file, manifest },
        settings.allowed_programs,
      )),
      ...checkRollback(rollback, settings),
      ...checkDeployment(deployment, manifest),
      ...checkDocumentation(input, settings.min_documented),
    ]
    return judgeChecks(checks, settings.min)
  },
})
