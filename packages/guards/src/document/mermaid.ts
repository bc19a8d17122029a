import { getContentWords } from '../text/statements.ts'

/** What the first word of a diagram of each kind may be. */
const HEADERS: Readonly<Record<string, RegExp>> = {
  context: /^(?:flowchart|graph|C4Context)\b/u,
  container: /^(?:flowchart|graph|C4Container|C4Component|classDiagram|block-beta)\b/u,
  sequence: /^sequenceDiagram\b/u,
  deployment: /^(?:flowchart|graph|C4Deployment|architecture-beta|block-beta)\b/u,
}

/** Arrows of flow charts and sequences, and the relations of C4. */
const EDGE = /-->|---|-\.->?|==>|--[ox]\b|<-->|->>|-->>|-\)|->|--x\b|\bRel(?:_[A-Z]+)?\s*\(|\bBiRel\s*\(/u

const OPENING: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }

/** Lines that say something: without comments, front matter and blanks. */
const getLines = (mermaid: string): string[] =>
  mermaid
    .replace(/^---\n[\s\S]*?\n---\n/u, '')
    .split('\n')
    .map((line) => line.replace(/%%.*$/u, '').trim())
    .filter((line) => line !== '')

const hasBalancedBrackets = (lines: readonly string[]): boolean => {
  const open: string[] = []
  // Text in quotes may hold any bracket, and an arrow such as `-)` is none.
  for (const sign of lines.map((line) => line.replaceAll(/"[^"]*"|--?\)/gu, '')).join('\n')) {
    if ('([{'.includes(sign)) open.push(sign)
    else if (Object.hasOwn(OPENING, sign) && open.pop() !== OPENING[sign]) return false
  }
  return open.length === 0
}

/** What is wrong with a diagram, as the end of a sentence; undefined where it can be drawn. */
export const findMermaidFault = (kind: string, mermaid: string): string | undefined => {
  const lines = getLines(mermaid)
  const header = HEADERS[kind]
  if (header !== undefined && !header.test(lines[0] ?? ''))
    return `begins with "${(lines[0] ?? '').slice(0, 40)}", which is no Mermaid diagram of kind ${kind}`
  // A sequence's messages hold free text, in which brackets mean nothing.
  if (kind !== 'sequence' && !hasBalancedBrackets(lines)) return 'has a bracket that is not closed'
  if (!lines.slice(1).some((line) => EDGE.test(line)))
    return 'joins nothing: expected an arrow between two parts'
  return undefined
}

/** Whether a diagram shows a part: by its id, or by every word of its name. */
export const isNamedIn = (mermaid: string, id: string, name: string): boolean => {
  const text = getLines(mermaid).join('\n')
  if (new RegExp(String.raw`\b${id.replace('-', '[-_]?')}\b`, 'iu').test(text)) return true
  const words = getContentWords(name)
  return words.size > 0 && text.split('\n').some((line) => words.isSubsetOf(getContentWords(line)))
}
