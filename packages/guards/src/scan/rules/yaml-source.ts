import { LineCounter, isNode, parseAllDocuments } from 'yaml'
import type { Finding } from '../finding.ts'

export type Path = readonly (string | number)[]

/** One document of a YAML file as plain data, and where in the file a path of it stands. */
export type YamlSource = {
  readonly file: string
  readonly data: unknown
  readonly getLine: (path: Path) => number | null
}

/** More documents than anyone keeps in one file. */
const MAX_DOCUMENTS = 500
/** How often all aliases together may repeat a part: far more than people do, far less than a bomb needs. */
const MAX_ALIASES = 100

/**
 * The documents of a YAML file. Throws an Error that says what is wrong with the text, also where aliases would
 * blow it up.
 */
export const parseYaml = (file: string, text: string): YamlSource[] => {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })
  if (!Array.isArray(documents)) return []
  if (documents.length > MAX_DOCUMENTS) throw new RangeError(`it holds more than ${MAX_DOCUMENTS} documents`)
  return documents.map((document) => {
    const [error] = document.errors
    if (error !== undefined) throw new SyntaxError(`it is not YAML: ${error.message}`)
    const getLine = (path: Path): number | null => {
      const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true)
      const at = isNode(node) ? node.range?.[0] : undefined
      return at === undefined ? null : lines.linePos(at).line
    }
    return { file, data: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown, getLine }
  })
}

export const getRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}

export const getList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const getString = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A finding at a path; the line is that of the nearest part of the path that stands in the file. */
export const makeFinding = (
  source: YamlSource,
  path: Path,
  found: Pick<Finding, 'rule' | 'severity' | 'title'> & { readonly fix?: string },
): Finding => {
  let line: number | null = null
  for (let length = path.length; line === null && length >= 0; length -= 1)
    line = source.getLine(path.slice(0, length))
  return { ...found, title: found.title.slice(0, 400), file: source.file, line }
}
