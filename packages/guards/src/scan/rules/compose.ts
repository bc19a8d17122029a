import type { Finding } from '../finding.ts'
import { checkImageName } from './image-name.ts'
import { isLiteral, isSecretName } from './secret-name.ts'
import { getList, getRecord, getString, makeFinding, type Path, type YamlSource } from './yaml-source.ts'

type Service = Readonly<Record<string, unknown>>

/** Capabilities that are as good as root on the host. */
export const STRONG_CAPABILITIES: ReadonlySet<string> = new Set([
  'ALL', 'SYS_ADMIN', 'SYS_PTRACE', 'SYS_MODULE', 'SYS_RAWIO', 'NET_ADMIN', 'DAC_READ_SEARCH', 'BPF',
]) // prettier-ignore

/** A capability as it is called without the kernel's prefix. */
export const getCapability = (value: unknown): string => getString(value).toUpperCase().replace(/^CAP_/u, '')

const SOCKET = /(?:^|\/)(?:docker|containerd|crio|podman)\.sock$/u

const listEnvironment = (service: Service): [string, unknown, string | number][] => {
  const { environment } = service
  if (!Array.isArray(environment))
    return Object.entries(getRecord(environment)).map(([key, value]) => [key, value, key])
  return getList(environment).map((entry, index) => {
    const [key = '', ...rest] = getString(entry).split('=')
    return [key, rest.join('='), index]
  })
}

/** What of the host a volume shows to the service. */
const getVolumeSource = (volume: unknown): string =>
  typeof volume === 'string' ? (volume.split(':')[0] ?? '') : getString(getRecord(volume)['source'])

const checkRights = (source: YamlSource, at: Path, service: Service, name: string): Finding[] => {
  const findings: Finding[] = []
  const add = (path: Path, rule: string, severity: Finding['severity'], title: string) => {
    findings.push(makeFinding(source, [...at, ...path], { rule, severity, title }))
  }
  if (service['privileged'] === true)
    add(
      ['privileged'],
      'compose-privileged',
      'high',
      `Service ${name} runs privileged: it is root on the host.`,
    )
  for (const key of ['network_mode', 'pid', 'ipc', 'userns_mode'])
    if (service[key] === 'host')
      add(
        [key],
        `compose-host-${key.split('_')[0] ?? key}`,
        'high',
        `Service ${name} shares ${key} of the host.`,
      )
  for (const [index, capability] of getList(service['cap_add']).entries())
    if (STRONG_CAPABILITIES.has(getCapability(capability)))
      add(
        ['cap_add', index],
        'compose-capabilities',
        'high',
        `Service ${name} is given ${getCapability(capability)}.`,
      )
  if (/^(?:root|0)(?::|$)/u.test(String(service['user'] ?? '')))
    add(['user'], 'compose-root-user', 'medium', `Service ${name} runs as root.`)
  for (const [index, option] of getList(service['security_opt']).entries())
    if (/unconfined/u.test(getString(option)))
      add(['security_opt', index], 'compose-unconfined', 'high', `Service ${name} switches a protection off.`)
  for (const [index, volume] of getList(service['volumes']).entries()) {
    const from = getVolumeSource(volume)
    if (SOCKET.test(from))
      add(['volumes', index], 'compose-socket', 'high', `Service ${name} may steer the container engine.`)
    else if (from === '/' || /^\/(?:etc|root|proc|sys|var\/run)(?:\/|$)/u.test(from))
      add(['volumes', index], 'compose-host-path', 'high', `Service ${name} sees ${from} of the host.`)
  }
  return findings
}

const checkService = (source: YamlSource, name: string, service: Service): Finding[] => {
  const at = ['services', name]
  const short = name.slice(0, 80)
  const image = getString(service['image'])
  const place = { file: source.file, line: source.getLine([...at, 'image']) }
  const limits = getRecord(getRecord(getRecord(service['deploy'])['resources'])['limits'])
  const isLimited = service['mem_limit'] !== undefined || limits['memory'] !== undefined
  return [
    ...checkRights(source, at, service, short),
    ...(image === '' || service['build'] !== undefined ? [] : checkImageName('compose', image, place)),
    ...listEnvironment(service)
      .filter(([key, value]) => isSecretName(key) && isLiteral(value))
      .map(([key, , path]) =>
        makeFinding(source, [...at, 'environment', path], {
          rule: 'compose-secret-in-environment',
          severity: 'high',
          title: `Service ${short} has the secret ${key.slice(0, 80)} written out.`,
          fix: 'Use secrets: or a variable that is filled in on the machine.',
        }),
      ),
    ...(isLimited
      ? []
      : [
          makeFinding(source, at, {
            rule: 'compose-no-limits',
            severity: 'low',
            title: `Service ${short} may take all memory there is.`,
            fix: 'Set mem_limit or deploy.resources.limits.',
          }),
        ]),
  ]
}

/** What is wrong with a compose file. Source: https://compose-spec.io */
export const checkCompose = (source: YamlSource): Finding[] =>
  Object.entries(getRecord(getRecord(source.data)['services'])).flatMap(([name, service]) =>
    checkService(source, name, getRecord(service)),
  )
