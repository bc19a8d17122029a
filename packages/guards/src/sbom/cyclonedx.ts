import { z } from 'zod'
import { sha256 } from '@ropewalk/core/canonical'
import { findNeeded, type LockedPackage, type PackageJson } from './packages.ts'

const Component = z.strictObject({
  type: z.enum(['application', 'library']),
  'bom-ref': z.string().min(1),
  name: z.string().min(1),
  group: z.string().min(1).optional(),
  version: z.string().min(1),
  description: z.string().optional(),
  purl: z.string().regex(/^pkg:npm\/[^\s@]+@\S+$/u),
  scope: z.enum(['required', 'excluded']).optional(),
  hashes: z
    .array(
      z.strictObject({
        alg: z.enum(['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']),
        content: z.string().regex(/^[0-9a-f]{40,128}$/u),
      }),
    )
    .optional(),
  licenses: z
    .array(z.strictObject({ expression: z.string().min(1) }))
    .max(1)
    .optional(),
})
type Component = z.infer<typeof Component>

/**
 * The part of CycloneDX 1.6 we write. Beyond its shape: every reference is unique, dependencies name only what is
 * there, and each component either states its dependencies or stands in a composition that says they are unknown. Source: https://cyclonedx.org/docs/1.6/json/
 */
export const Bom = z
  .strictObject({
    $schema: z.literal('http://cyclonedx.org/schema/bom-1.6.schema.json'),
    bomFormat: z.literal('CycloneDX'),
    specVersion: z.literal('1.6'),
    serialNumber: z
      .string()
      .regex(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/u),
    version: z.literal(1),
    metadata: z.strictObject({
      timestamp: z.string(),
      tools: z.strictObject({
        components: z.array(
          z.strictObject({ type: z.literal('application'), name: z.string(), version: z.string() }),
        ),
      }),
      component: Component,
      properties: z.array(z.strictObject({ name: z.string().min(1), value: z.string() })).optional(),
    }),
    components: z.array(Component),
    dependencies: z.array(z.strictObject({ ref: z.string(), dependsOn: z.array(z.string()) })),
    compositions: z
      .array(z.strictObject({ aggregate: z.literal('unknown'), dependencies: z.array(z.string()).min(1) }))
      .optional(),
  })
  .superRefine((bom, context) => {
    const refs = [bom.metadata.component, ...bom.components].map((component) => component['bom-ref'])
    const known = new Set(refs)
    if (known.size !== refs.length)
      context.addIssue({ code: 'custom', message: 'Two components share a reference.' })
    const told = bom.dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn])
    for (const ref of told.filter((one) => !known.has(one)))
      context.addIssue({ code: 'custom', message: `A dependency names ${ref}, which is no component.` })
    const unknown = (bom.compositions ?? []).flatMap(({ dependencies }) => dependencies)
    const stated = new Set([...bom.dependencies.map(({ ref }) => ref), ...unknown])
    for (const ref of refs.filter((one) => !stated.has(one)))
      context.addIssue({ code: 'custom', message: `The dependencies of ${ref} are not stated.` })
  })
export type Bom = z.infer<typeof Bom>

const HASH_NAMES = { sha1: 'SHA-1', sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' } as const

const listHashes = (integrity: string | null): NonNullable<Component['hashes']> =>
  (integrity ?? '').split(/\s+/u).flatMap((part) => {
    const [name = '', digest = ''] = part.split('-', 2)
    if (!Object.hasOwn(HASH_NAMES, name)) return []
    return [
      {
        alg: HASH_NAMES[name as keyof typeof HASH_NAMES],
        content: Buffer.from(digest, 'base64').toString('hex'),
      },
    ]
  })

const getPurl = (name: string, version: string): string =>
  `pkg:npm/${name.split('/').map(encodeURIComponent).join('/')}@${encodeURIComponent(version)}`

const splitName = (name: string) => {
  const at = name.startsWith('@') ? name.indexOf('/') : -1
  return at < 0 ? { name } : { group: name.slice(0, at), name: name.slice(at + 1) }
}

const makeComponent = (locked: LockedPackage): Component => {
  const hashes = listHashes(locked.integrity)
  return {
    type: 'library',
    'bom-ref': locked.path,
    ...splitName(locked.name),
    version: locked.version,
    purl: getPurl(locked.name, locked.version),
    scope: locked.isDev ? 'excluded' : 'required',
    ...(hashes.length === 0 ? {} : { hashes }),
    ...(locked.license === null || locked.license === ''
      ? {}
      : { licenses: [{ expression: locked.license }] }),
  }
}

const getSerial = (of: string): string => {
  const hex = sha256(of)
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ]
  return `urn:uuid:${parts.join('-')}`
}

/** The bill of materials of one commit: itself, each locked package, and who needs whom. */
export const makeBom = (facts: {
  readonly root: PackageJson
  readonly declared: readonly string[]
  readonly locked: readonly LockedPackage[]
  readonly commit: string
  readonly at: string
  readonly toolVersion: string
  /** What the bill says of itself beside what CycloneDX has a field for. */
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
}): Bom => {
  const { root, locked } = facts
  const byPath = new Map(locked.map((one) => [one.path, one]))
  const listRefs = (from: string, names: readonly string[]) => [
    ...new Set(names.flatMap((name) => findNeeded(byPath, from, name)?.path ?? [])),
  ]
  const unstated = locked.filter(({ needs }) => needs === null).map(({ path }) => path)
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: getSerial(`${facts.commit} ${facts.at}`),
    version: 1,
    metadata: {
      timestamp: facts.at,
      tools: { components: [{ type: 'application', name: 'ropewalk-sbom', version: facts.toolVersion }] },
      component: {
        type: 'application',
        'bom-ref': '.',
        ...splitName(root.name),
        version: root.version,
        ...(root.description === undefined ? {} : { description: root.description }),
        purl: getPurl(root.name, root.version),
        ...(root.license === undefined ? {} : { licenses: [{ expression: root.license }] }),
      },
      ...(facts.properties === undefined ? {} : { properties: [...facts.properties] }),
    },
    components: locked.map(makeComponent),
    dependencies: [
      { ref: '.', dependsOn: listRefs('', facts.declared) },
      ...locked.flatMap(({ path, needs }) =>
        needs === null ? [] : [{ ref: path, dependsOn: listRefs(path, needs) }],
      ),
    ],
    ...(unstated.length === 0
      ? {}
      : { compositions: [{ aggregate: 'unknown' as const, dependencies: unstated }] }),
  }
}
