import type { Finding } from '../finding.ts'
import { isPipedToShell } from './dockerfile.ts'
import { isLiteral, isSecretName } from './secret-name.ts'
import { getList, getRecord, getString, makeFinding, type Path, type YamlSource } from './yaml-source.ts'

type Fields = Readonly<Record<string, unknown>>

/** Parts of an event that whoever opens an issue or a pull request writes. */
const FOREIGN_TEXT =
  /\$\{\{[^}]{0,200}\bgithub\.(?:head_ref|event\.(?:issue|pull_request|comment|review|review_comment|discussion|head_commit|commits|pages|workflow_run)\b[^}]{0,200}(?:title|body|message|name|email|label|head\.ref|head_branch|page_name))/u

const checkUses = (source: YamlSource, path: Path, uses: string): Finding[] => {
  if (uses === '' || uses.startsWith('./')) return []
  const isPinned = uses.startsWith('docker://')
    ? /@sha256:[0-9a-f]{64}$/u.test(uses)
    : /@[0-9a-f]{40}$/u.test(uses)
  if (isPinned) return []
  return [
    makeFinding(source, path, {
      rule: 'workflow-unpinned-action',
      // What the makers of the runner publish can be moved by nobody who could not move the runner.
      severity: /^(?:actions|github)\//u.test(uses) ? 'low' : 'medium',
      title: `${uses.slice(0, 200)} is named by a tag or branch, which can be moved.`,
      fix: 'Name the action’s commit.',
    }),
  ]
}

const checkRun = (source: YamlSource, path: Path, run: string): Finding[] => [
  ...(FOREIGN_TEXT.test(run)
    ? [
        makeFinding(source, path, {
          rule: 'workflow-script-injection',
          severity: 'critical',
          title: 'Text of a stranger becomes part of a shell script.',
          fix: 'Hand it over in env: and use "$NAME".',
        }),
      ]
    : []),
  ...(isPipedToShell(run)
    ? [
        makeFinding(source, path, {
          rule: 'workflow-piped-script',
          severity: 'medium',
          title: 'A script from the web is given to a shell unseen.',
        }),
      ]
    : []),
]

const checkEnvironment = (source: YamlSource, path: Path, fields: Fields): Finding[] =>
  Object.entries(getRecord(fields['env']))
    .filter(([key, value]) => isSecretName(key) && isLiteral(value))
    .map(([key]) =>
      makeFinding(source, [...path, 'env', key], {
        rule: 'workflow-secret-in-environment',
        severity: 'high',
        title: `The secret ${key.slice(0, 80)} is written out.`,
        fix: 'Use ${{ secrets.NAME }}.',
      }),
    )

const checkPermissions = (source: YamlSource, path: Path, fields: Fields): Finding[] =>
  fields['permissions'] === 'write-all'
    ? [
        makeFinding(source, [...path, 'permissions'], {
          rule: 'workflow-wildcard-permissions',
          severity: 'high',
          title: 'The workflow’s token may write everything.',
        }),
      ]
    : []

const checkStep = (source: YamlSource, path: Path, step: Fields, isForeign: boolean): Finding[] => {
  const uses = getString(step['uses'])
  const ref = getString(getRecord(step['with'])['ref'])
  const takesForeignCode =
    isForeign && uses.startsWith('actions/checkout') && /head|github\.event\.pull_request/u.test(ref)
  return [
    ...checkUses(source, [...path, 'uses'], uses),
    ...checkRun(source, [...path, 'run'], getString(step['run'])),
    ...checkEnvironment(source, path, step),
    ...(takesForeignCode
      ? [
          makeFinding(source, [...path, 'with', 'ref'], {
            rule: 'workflow-foreign-code',
            severity: 'critical',
            title: 'pull_request_target checks out a stranger’s code beside the repository’s secrets.',
          }),
        ]
      : []),
  ]
}

const checkJob = (source: YamlSource, path: Path, job: Fields, isForeign: boolean): Finding[] => [
  ...checkUses(source, [...path, 'uses'], getString(job['uses'])),
  ...checkPermissions(source, path, job),
  ...checkEnvironment(source, path, job),
  ...getList(job['steps']).flatMap((step, index) =>
    checkStep(source, [...path, 'steps', index], getRecord(step), isForeign),
  ),
]

const hasTrigger = (on: unknown, name: string): boolean =>
  on === name || getList(on).includes(name) || Object.hasOwn(getRecord(on), name)

/** What is wrong with a workflow. Source: https://docs.github.com/actions/security-for-github-actions */
export const checkWorkflow = (source: YamlSource): Finding[] => {
  const workflow = getRecord(source.data)
  const jobs = Object.entries(getRecord(workflow['jobs']))
  const isForeign =
    hasTrigger(workflow['on'], 'pull_request_target') || hasTrigger(workflow['on'], 'workflow_run')
  const saysRights = (fields: Fields) => fields['permissions'] !== undefined
  const isSilent = !saysRights(workflow) && jobs.some(([, job]) => !saysRights(getRecord(job)))
  return [
    ...checkPermissions(source, [], workflow),
    ...checkEnvironment(source, [], workflow),
    ...jobs.flatMap(([name, job]) => checkJob(source, ['jobs', name], getRecord(job), isForeign)),
    ...(isSilent && jobs.length > 0
      ? [
          makeFinding(source, ['jobs'], {
            rule: 'workflow-no-permissions',
            severity: 'low',
            title: 'The workflow does not say what its token may do.',
            fix: 'Add permissions: contents: read.',
          }),
        ]
      : []),
  ]
}
