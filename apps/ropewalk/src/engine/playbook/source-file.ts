import { isAlias, isMap, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml'
import type { Place, PlaybookFault } from './fault.ts'

/** Where a file is, and what it is called within its playbook, such as `phases/prd.yaml`. */
export type FileName = { readonly path: string; readonly name: string; readonly isProject: boolean }

/** One file of a playbook, read but not yet judged by its contract. */
export type SourceFile = FileName & {
  /** Whether it holds nothing but comments. */
  readonly isBlank: boolean
  /** The value of the YAML; undefined where it is not YAML. */
  readonly value: unknown
  /** What follows the front matter; null in a file that is YAML alone. */
  readonly prompt: string | null
  /** What kept it from being read. */
  readonly faults: readonly PlaybookFault[]
  /** Where a value stands; where it does not exist, the nearest thing around it. */
  readonly locate: (at: readonly PropertyKey[]) => Place
  /** Where a key of the map at `at` stands. */
  readonly locateKey: (at: readonly PropertyKey[], key: string) => Place
}

const START: Place = { line: 1, column: 1 }

const makeLocators = (doc: Document, lines: LineCounter, lineOffset: number) => {
  const getPlace = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    // An empty document has no lines to count.
    return line === 0 ? START : { line: line + lineOffset, column: col }
  }
  const locate = (at: readonly PropertyKey[]): Place => {
    for (let depth = at.length; depth >= 0; depth -= 1) {
      const node: unknown = depth === 0 ? doc.contents : doc.getIn(at.slice(0, depth), true)
      const range = (node as { range?: [number, number, number] } | null | undefined)?.range
      if (range) return getPlace(range[0])
    }
    return { line: 1 + lineOffset, column: 1 }
  }
  const locateKey = (at: readonly PropertyKey[], key: string): Place => {
    const map: unknown = at.length === 0 ? doc.contents : doc.getIn(at, true)
    const pair = isMap(map)
      ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined
    return pair && isScalar(pair.key) && pair.key.range ? getPlace(pair.key.range[0]) : locate(at)
  }
  return { getPlace, locate, locateKey }
}

const readYaml = (file: FileName, source: string, lineOffset: number) => {
  const lines = new LineCounter()
  const doc = parseDocument(source, { lineCounter: lines, prettyErrors: false })
  const locators = makeLocators(doc, lines, lineOffset)
  const faults: PlaybookFault[] = doc.errors.slice(0, 1).map((error) => ({
    path: file.path,
    ...locators.getPlace(error.pos[0]),
    problem: `this is not YAML: ${error.message.replace(/\.$/u, '')}.`,
    fix:
      error.code === 'DUPLICATE_KEY'
        ? 'Keep one of the two keys.'
        : 'Mend the YAML here or on the line before: brackets, quotes, indentation.',
  }))
  visit(doc, (_key, node) => {
    if (!isAlias(node) || faults.length > 0) return
    faults.push({
      path: file.path,
      ...locators.getPlace(node.range?.[0] ?? 0),
      problem: `the alias *${node.source} stands for text elsewhere; a playbook file says everything in its place.`,
      fix: 'Write the value out.',
    })
  })
  return {
    locate: locators.locate,
    locateKey: locators.locateKey,
    faults,
    isBlank: doc.contents === null,
    value: faults.length === 0 ? (doc.toJS() as unknown) : undefined,
  }
}

/** A phase file or the prices. */
export const readYamlFile = (file: FileName, source: string): SourceFile => ({
  ...file,
  prompt: null,
  ...readYaml(file, source, 0),
})

const FRONT = /^---[ \t]*\r?\n(?:([\s\S]*?)\r?\n)?---[ \t]*\r?(?:\n([\s\S]*))?$/u

/** An agent file: front matter between two lines of `---`, then the prompt. Lines count from the file's first. */
export const readAgentFile = (file: FileName, source: string): SourceFile => {
  const match = FRONT.exec(source.replace(/^\uFEFF/u, ''))
  if (!match) {
    const fault = {
      path: file.path,
      ...START,
      problem: 'expected front matter between two lines of ---, then the prompt.',
      fix: 'Put --- on the first line and after the last key.',
    }
    const locate = () => START
    const isBlank = source.trim() === '' || /^<!--(?:(?!-->)[\s\S])*-->$/u.test(source.trim())
    return {
      ...file,
      prompt: '',
      isBlank,
      value: undefined,
      faults: isBlank ? [] : [fault],
      locate,
      locateKey: locate,
    }
  }
  const front = match[1] ?? ''
  const read = readYaml(file, front, 1)
  const prompt = (match[2] ?? '').trim()
  const isMissing = prompt === '' && read.faults.length === 0
  const fault = {
    path: file.path,
    line: front.split('\n').length + 2,
    column: 1,
    problem: 'expected a prompt after the front matter, found nothing.',
    fix: 'Write below the second --- what the agent is to do.',
  }
  return { ...file, ...read, isBlank: false, prompt, faults: isMissing ? [fault] : read.faults }
}
