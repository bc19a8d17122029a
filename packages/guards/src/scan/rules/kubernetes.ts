import type { Finding } from '../finding.ts'
import { getCapability, STRONG_CAPABILITIES } from './compose.ts'
import { checkImageName } from './image-name.ts'
import { isLiteral, isSecretName } from './secret-name.ts'
import { getList, getRecord, getString, makeFinding, type Path, type YamlSource } from './yaml-source.ts'

/** Where the pod stands in each kind of thing that makes pods. */
const POD_PATHS: Readonly<Record<string, Path>> = {
  Pod: ['spec'],
  Deployment: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  ReplicaSet: ['spec', 'template', 'spec'],
  ReplicationController: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
}

type Add = (path: Path, rule: string, severity: Finding['severity'], title: string) => void
type Fields = Readonly<Record<string, unknown>>

const getAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (part, key) => (typeof key === 'number' ? getList(part)[key] : getRecord(part)[key]),
    value,
  )

const checkContainer = (add: Add, path: Path, container: Fields, podSecurity: Fields): void => {
  const name = getString(container['name']).slice(0, 80)
  const security = getRecord(container['securityContext'])
  const at = (...more: Path): Path => [...path, ...more]
  const effective = { ...podSecurity, ...security }
  if (security['privileged'] === true)
    add(at('securityContext', 'privileged'), 'k8s-privileged', 'high', `Container ${name} runs privileged.`)
  if (effective['runAsUser'] === 0)
    add(at('securityContext'), 'k8s-root-user', 'high', `Container ${name} runs as root.`)
  else if (effective['runAsNonRoot'] !== true && effective['runAsUser'] === undefined)
    add(path, 'k8s-root-allowed', 'medium', `Container ${name} may run as root: nothing says runAsNonRoot.`)
  if (security['allowPrivilegeEscalation'] !== false)
    add(path, 'k8s-privilege-escalation', 'medium', `Container ${name} may gain rights after its start.`)
  if (security['readOnlyRootFilesystem'] !== true)
    add(path, 'k8s-writable-root', 'low', `Container ${name} may change its own files.`)
  const added = getList(getRecord(security['capabilities'])['add'])
  for (const capability of added.map(getCapability).filter((one) => STRONG_CAPABILITIES.has(one)))
    add(
      at('securityContext', 'capabilities'),
      'k8s-capabilities',
      'high',
      `Container ${name} is given ${capability}.`,
    )
  const limits = getRecord(getRecord(container['resources'])['limits'])
  if (limits['memory'] === undefined)
    add(path, 'k8s-no-limits', 'medium', `Container ${name} may take all memory of its node.`)
  for (const [index, entry] of getList(container['env']).entries()) {
    const variable = getRecord(entry)
    const key = getString(variable['name'])
    if (isSecretName(key) && isLiteral(variable['value']))
      add(
        at('env', index),
        'k8s-secret-in-environment',
        'high',
        `The secret ${key.slice(0, 80)} is written out.`,
      )
  }
}

const checkPod = (source: YamlSource, add: Add, path: Path, pod: Fields): Finding[] => {
  for (const [key, what] of [
    ['hostNetwork', 'network'],
    ['hostPID', 'processes'],
    ['hostIPC', 'shared memory'],
  ] as const)
    if (pod[key] === true)
      add(
        [...path, key],
        `k8s-${key.toLowerCase().replace('host', 'host-')}`,
        'high',
        `The pod shares the node’s ${what}.`,
      )
  for (const [index, volume] of getList(pod['volumes']).entries())
    if (getRecord(volume)['hostPath'] !== undefined)
      add([...path, 'volumes', index], 'k8s-host-path', 'high', 'The pod sees a folder of its node.')
  const images: Finding[] = []
  for (const key of ['initContainers', 'containers', 'ephemeralContainers'])
    for (const [index, entry] of getList(pod[key]).entries()) {
      const container = getRecord(entry)
      const at = [...path, key, index]
      checkContainer(add, at, container, getRecord(pod['securityContext']))
      const image = getString(container['image'])
      const place = { file: source.file, line: source.getLine([...at, 'image']) }
      if (image !== '') images.push(...checkImageName('k8s', image, place))
    }
  return images
}

const checkRoles = (add: Add, path: Path, object: Fields): void => {
  for (const [index, entry] of getList(object['rules']).entries()) {
    const rule = getRecord(entry)
    const wide = ['verbs', 'resources', 'apiGroups'].filter((key) => getList(rule[key]).includes('*'))
    if (wide.includes('verbs') || wide.includes('resources'))
      add(
        [...path, 'rules', index],
        'k8s-wildcard-permissions',
        'high',
        `A role allows all ${wide.join(' and ')}.`,
      )
  }
  if (getRecord(object['roleRef'])['name'] === 'cluster-admin')
    add(
      [...path, 'roleRef'],
      'k8s-cluster-admin',
      'high',
      'Someone is made administrator of the whole cluster.',
    )
}

const checkObject = (source: YamlSource, path: Path, object: Fields): Finding[] => {
  const findings: Finding[] = []
  const add: Add = (at, rule, severity, title) => {
    findings.push(makeFinding(source, at, { rule, severity, title }))
  }
  const kind = getString(object['kind'])
  if (kind === 'List')
    return getList(object['items']).flatMap((item, index) =>
      // A list in a list is nothing Kubernetes takes.
      getRecord(item)['kind'] === 'List'
        ? []
        : checkObject(source, [...path, 'items', index], getRecord(item)),
    )
  const pod = Object.hasOwn(POD_PATHS, kind) ? POD_PATHS[kind] : undefined
  if (pod !== undefined)
    findings.push(...checkPod(source, add, [...path, ...pod], getRecord(getAt(object, pod))))
  if (/^(?:Cluster)?Role(?:Binding)?$/u.test(kind)) checkRoles(add, path, object)
  if (kind === 'Secret')
    for (const key of ['data', 'stringData'])
      if (Object.values(getRecord(object[key])).some(isLiteral))
        add(
          [...path, key],
          'k8s-secret-in-repository',
          'high',
          'A Secret lies in the repository with its values.',
        )
  return findings
}

/** Whether a document is an object of Kubernetes. */
export const isKubernetes = ({ data }: YamlSource): boolean => {
  const { apiVersion, kind } = getRecord(data)
  return typeof apiVersion === 'string' && typeof kind === 'string'
}

/** What is wrong with one object of Kubernetes. Source: https://kubernetes.io/docs/concepts/security/ */
export const checkKubernetes = (source: YamlSource): Finding[] =>
  checkObject(source, [], getRecord(source.data))
