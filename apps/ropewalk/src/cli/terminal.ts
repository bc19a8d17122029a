import { styleText } from 'node:util'

/** A stream that commands write to, as much of it as they use. */
export type Output = NodeJS.WritableStream & {
  readonly isTTY?: boolean
  readonly columns?: number
}

/** What a command is given by the process: nothing else of it is looked at. */
export type CliInput = {
  readonly argv: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly stdin: NodeJS.ReadStream
  readonly stdout: Output
  readonly stderr: Output
}

type Style = Parameters<typeof styleText>[0]

export type Paint = (style: Style, text: string) => string

/** Where a command talks: data goes to `out`, everything else to `say`. */
export type Terminal = CliInput & {
  readonly out: (text: string) => void
  readonly say: (text: string) => void
  /** Colours text for `say`; plain where that is no terminal or NO_COLOR is set. */
  readonly paint: Paint
  /** The same for `out`. */
  readonly paintOut: Paint
  readonly isStderrTerminal: boolean
}

/** C0 and C1 controls but for newline and tab, and marks that turn the direction of text around. */
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
const ESCAPES = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)/gsu

/** Text that others wrote, made harmless for a terminal. */
export const clean = (text: string): string => text.replace(ESCAPES, '').replace(UNSAFE, '')

/** The first line of a text, at most `width` characters. */
export const clip = (text: string, width: number): string => {
  const line = clean(text).replaceAll(/\s+/gu, ' ').trim()
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1)).trimEnd()}…`
}

const makePaint = (stream: Output, env: NodeJS.ProcessEnv): Paint => {
  const noColor = env['NO_COLOR']
  const isColored =
    stream.isTTY === true && (noColor === undefined || noColor === '') && env['TERM'] !== 'dumb'
  return (style, text) => (isColored ? styleText(style, text, { validateStream: false }) : text)
}

export const makeTerminal = (input: CliInput): Terminal => ({
  ...input,
  isStderrTerminal: input.stderr.isTTY === true,
  out: (text) => void input.stdout.write(`${text}\n`),
  say: (text) => void input.stderr.write(`${text}\n`),
  paint: makePaint(input.stderr, input.env),
  paintOut: makePaint(input.stdout, input.env),
})

/** Below this a cut cell says nothing any more; the terminal wraps it then. */
const LEAST_LAST_CELL = 12

/**
 * Rows as columns, padded, two spaces between; the last column is not padded, and cut where the line would be longer
 * than `columns`.
 */
export const makeTable = (rows: readonly (readonly string[])[], columns?: number): string => {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)))
  }
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0)
  const room = columns === undefined ? Infinity : Math.max(LEAST_LAST_CELL, columns - before - 1)
  const lay = (cell: string, index: number): string =>
    index < widths.length - 1
      ? cell.padEnd(widths[index] ?? 0)
      : cell.length <= room
        ? cell
        : clip(cell, room)
  return rows.map((row) => row.map(lay).join('  ').trimEnd()).join('\n')
}

/** A text broken at spaces so that each line has at most `width` characters, the first among them after `indent`. */
export const wrap = (text: string, width: number, indent: string): string => {
  const lines: string[] = []
  let line = ''
  for (const word of clean(text).split(/\s+/u).filter(Boolean)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, indent + line].join('\n')
}
