import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Block } from '../../src/render/blocks.ts'
import { escapeLine, toMarkdown } from '../../src/render/to-markdown.ts'

const SPECIAL = [
  ...'\\`*_{}[]()<>#+-.!|~&=:@$^"\'/%1 2aw\n\t\r',
  'http://a.b',
  'www.a.b',
  'a@b.co',
  '</td>',
  '<!--',
  '&lt;',
  '[a](b)',
  '---',
  '```',
  '    ',
  '- ',
  '1. ',
  '> ',
  'é',
]
const hostile = fc.array(fc.constantFrom(...SPECIAL), { maxLength: 25 }).map((parts) => parts.join(''))
const anyText = fc.oneof(hostile, fc.string({ unit: 'binary' }))

/** What a reader of CommonMark sees: a backslash shows the sign after it, an entity the sign it names. */
const read = (line: string): string =>
  line
    .replaceAll(/\\([!-/:-@[-`{-~])/gu, (_all, sign: string) => `\u0001${String(sign.charCodeAt(0))};`)
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll(/\u0001(\d+);/gu, (_all, codePoint: string) => String.fromCharCode(Number(codePoint)))

const HIDDEN = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu
const fold = (text: string): string => text.replaceAll(HIDDEN, '\ufffd').replaceAll(/\s+/gu, ' ').trim()

/** The line without what a backslash guards. */
const getBare = (line: string): string => line.replaceAll(/\\[!-/:-@[-`{-~]/gu, '')

const BLOCKS: readonly (readonly [string, (text: string) => Block, number])[] = [
  ['heading', (text) => ({ type: 'heading', level: 2, text, anchor: null }), 1],
  ['item', (text) => ({ type: 'list', ordered: false, items: [text] }), 1],
  ['row', (text) => ({ type: 'table', columns: ['a', 'b'], rows: [[text, text]] }), 3],
  ['note', (text) => ({ type: 'note', tone: 'gap', text }), 1],
]

describe('text in a line of Markdown', () => {
  test('reads as exactly the text it was made from', () => {
    fc.assert(fc.property(anyText, (text) => read(escapeLine(text)) === fold(text)))
  })

  test('holds no bare sign that is markup or HTML, and no address that links itself', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const bare = getBare(escapeLine(text))
        expect(bare).not.toMatch(/[\\`*_[\]{}~|$#^@!<>]/u)
        expect(bare.replaceAll(/&(?:amp|lt|gt);/gu, '')).not.toContain('&')
        expect(bare).not.toMatch(/(?:https?|ftp|mailto|xmpp):|www\./iu)
      }),
    )
  })

  test('begins no block: neither list nor heading, quote, rule or code', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(escapeLine(text)).not.toMatch(/^(?:\s|[-+=:%]|\d{1,9}[.)])/u)
      }),
    )
  })

  test.each([
    ['1. first', String.raw`1\. first`],
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['[a](javascript:b)', String.raw`\[a\](javascript:b)`],
    ['a  b\n\tc', 'a b c'],
    ['--- x', String.raw`\--- x`],
    ['see https://a.b', String.raw`see https\://a.b`],
    ['from right \u202e to left', 'from right \ufffd to left'],
  ])('%j is written %j', (text, written) => {
    expect(escapeLine(text)).toBe(written)
  })
})

describe('a block', () => {
  test.each(BLOCKS)('of kind %s stays in its lines whatever its text', (_kind, make, lines) => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(
          toMarkdown([make(text)])
            .trimEnd()
            .split('\n'),
        ).toHaveLength(lines)
      }),
    )
  })

  test('of code is closed by nothing inside', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('`', '```', '\n', 'a', '~~~', '`````\n')),
        hostile,
        (parts, language) => {
          const written = toMarkdown([{ type: 'code', language, text: parts.join('') }])
            .trimEnd()
            .split('\n')
          const ticks = written.at(-1) ?? ''
          expect(ticks).toMatch(/^`{3,}$/u)
          expect(written[0]?.slice(0, ticks.length)).toBe(ticks)
          expect(written[0]?.slice(ticks.length)).toMatch(/^[a-z0-9+-]{0,20}$/u)
          expect(written.slice(1, -1).join('\n')).not.toContain(ticks)
        },
      ),
    )
  })

  test('of many lines keeps its breaks and its paragraphs', () => {
    expect(toMarkdown([{ type: 'paragraph', text: 'a\n- b\r\n\r\n\n# c' }])).toBe('a\\\n\\- b\n\n\\# c\n')
  })

  test('of a list does not run into the list before it', () => {
    const list = (ordered: boolean): Block => ({ type: 'list', ordered, items: ['a'] })
    expect(toMarkdown([list(false), list(false), list(false), list(true), list(true)])).toBe(
      '- a\n\n* a\n\n- a\n\n1) a\n\n1. a\n',
    )
  })

  test('of a table has as many cells in each row as there are columns', () => {
    const rows = [['a'], ['a', 'b', 'c'], ['x|y', '']]
    expect(toMarkdown([{ type: 'table', columns: ['1', '2'], rows }])).toBe(
      ['| 1 | 2 |', '| --- | --- |', '| a | – |', '| a | b |', String.raw`| x\|y | – |`, ''].join('\n'),
    )
  })

  test('of a diagram is fenced under its title', () => {
    const block: Block = { type: 'diagram', notation: 'mermaid', title: 'Who <calls>', text: 'flowchart LR' }
    expect(toMarkdown([block])).toBe('Who &lt;calls&gt;\n\n```mermaid\nflowchart LR\n```\n')
  })
})
