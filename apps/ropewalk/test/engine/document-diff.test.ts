import { describe, expect, test } from 'vitest'
import { diffDocuments, diffTexts } from '../../src/engine/views/document-diff.ts'

const count = (lines: number) => Array.from({ length: lines }, (_, index) => `line ${index}`)
const join = (lines: readonly string[]) => `${lines.join('\n')}\n`

describe('what differs between two texts', () => {
  test('is nothing for the same', () => {
    expect(diffTexts('a\nb\n', 'a\nb\n', 10)).toEqual({ lines: [], added: 0, removed: 0, cut: 0 })
  })

  test('is shown with two lines around it, the older line first', () => {
    const old = count(20)
    const now = old.with(10, 'other')
    expect(diffTexts(join(old), join(now), 50)).toEqual({
      lines: ['  line 8', '  line 9', '- line 10', '+ other', '  line 11', '  line 12'],
      added: 1,
      removed: 1,
      cut: 0,
    })
  })

  test('leaves out what lies between changes, and tells how much was cut', () => {
    const old = count(40)
    const now = old.with(5, 'x').with(30, 'y')
    const { lines } = diffTexts(join(old), join(now), 50)
    expect(lines.filter((line) => line === '  …')).toHaveLength(1)
    expect(diffTexts(join(old), join(now), 4)).toMatchObject({ cut: lines.length - 4 })
  })

  test('of documents reads as they do, without marks of the markup', () => {
    const idea = (text: string) => ({ text })
    const { lines } = diffDocuments(
      'Idea',
      { before: idea('a_b *old*'), after: idea('a_b <new> & 100%') },
      20,
    )
    expect(lines.filter((line) => !line.startsWith('  '))).toEqual([
      expect.stringMatching(/^- .*a_b \*old\*$/u),
      expect.stringMatching(/^\+ .*a_b <new> & 100%$/u),
    ])
  })
})
