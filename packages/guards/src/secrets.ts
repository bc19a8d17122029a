import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { z } from 'zod'
import { listFiles } from './checkout.ts'
import type { GuardInput } from './guard.ts'
import { makeGuard, notRun } from './make-guard.ts'

const Settings = z.strictObject({})

/** Text is scanned in pieces of this size, each overlapping the one before by more than any token's length. */
const PIECE = 512 * 1024
const OVERLAP = 16 * 1024

/** Comments that switch rules off: the repository under check may not decide what is checked. */
const SWITCH_OFF_RULE = '@secretlint/secretlint-rule-filter-comments'

type Source = { readonly name: string; readonly read: () => Promise<Buffer> }
type Hit = { readonly where: string; readonly rule: string }

const loadScanner = async () => {
  const [{ lintSource }, preset, facts] = await Promise.all([
    import('@secretlint/core'),
    import('@secretlint/secretlint-rule-preset-recommend'),
    import('@secretlint/core/package.json', { with: { type: 'json' } }),
  ])
  const rules = preset.rules.filter(({ meta }) => meta.id !== SWITCH_OFF_RULE)
  const config = { rules: rules.map((rule) => ({ id: rule.meta.id, rule })) }
  const scan = async (name: string, content: string) =>
    (
      await lintSource({
        source: { filePath: name, content, contentType: 'text', ext: extname(name) },
        options: { config, maskSecrets: true, noPhysicFilePath: true },
      })
    ).messages
  return {
    scan,
    version: z.object({ version: z.string() }).parse(facts.default).version,
    rules: rules.length,
  }
}

/** Where secrets stand: file, line and rule, never the text. */
const listHits = async (
  source: Source,
  scan: Awaited<ReturnType<typeof loadScanner>>['scan'],
): Promise<Hit[]> => {
  const bytes = await source.read()
  // Binary files are read byte by byte as characters: a token in them is still a token.
  const text = bytes.subarray(0, 8192).includes(0) ? bytes.toString('latin1') : bytes.toString('utf8')
  const hits = new Map<string, Hit>()
  for (let from = 0; from < text.length; from += PIECE) {
    const start = Math.max(0, from - OVERLAP)
    const firstLine = text.slice(0, start).split('\n').length - 1
    for (const message of await scan(source.name, text.slice(start, from + PIECE))) {
      if (message.type !== 'message') continue
      const where = `${source.name}:${firstLine + message.loc.start.line}`
      const rule = message.ruleId.replace('@secretlint/secretlint-rule-', '')
      hits.set(`${where} ${rule}`, { where, rule })
    }
  }
  return [...hits.values()]
}

const listSources = async (input: GuardInput): Promise<Source[]> => {
  const dir = input.worktree?.dir
  const files = dir === undefined ? [] : await listFiles(dir)
  return [
    ...files.map((file) => ({ name: file, read: () => readFile(join(dir ?? '', file)) })),
    ...[...input.judged, ...input.others]
      // A bundle is packed; what it holds is scanned as files of the checkout.
      .filter(({ artifact }) => artifact.commit === null)
      .map(({ artifact, bytes }) => ({
        name: `artifact ${artifact.name}`,
        read: () => Promise.resolve(bytes),
      })),
  ]
}

/** No secret in the checkout nor in any document of the run. Any finding is critical. */
export const guard = makeGuard({
  name: 'secrets',
  version: '1.0.0',
  settings: Settings,
  judge: async (input) => {
    const sources = await listSources(input)
    if (sources.length === 0) return notRun('There is nothing to scan.')
    const { scan, version, rules } = await loadScanner()
    const hits: Hit[] = []
    for (const source of sources) hits.push(...(await listHits(source, scan)))
    return {
      outcome: hits.length === 0 ? 'pass' : 'fail',
      score: hits.length === 0 ? 1 : 0,
      severity: hits.length === 0 ? 'info' : 'critical',
      reasons: hits.map(({ where, rule }) => `${where}: a secret of kind ${rule}.`),
      tool: 'secretlint',
      toolVersion: version,
      metrics: { files: sources.length, findings: hits.length, rules },
    }
  },
})
