/** How much of a text tells it from others (AX-33). */
export const FINGERPRINT_LENGTH = 48

/** Words that say nothing about what a text is about: English, French, German, Spanish. Without accents. */
export const STOP_WORDS: readonly string[] = (
  'a an and are as at be been by for from had has have in into is it its of on or our that the their then this ' +
  'to was were with we you your not no again about after before ' +
  'au aux avec ce ces cette dans de des du elle en est et il la le les leur ne nous ou par pas pour qui sa se ses ' +
  'son sur un une vous ' +
  'auf aus bei das dem den der die ein eine einem einen einer es fur im ist mit nicht oder sie und vom von zu zum ' +
  'zur ' +
  'al como con del el los las lo para por que su sus una uno y'
).split(' ')

const STOPS: ReadonlySet<string> = new Set(STOP_WORDS)

/**
 * What is left of a text when case, accents, digits, punctuation and stop words are gone, cut at 48 characters:
 * texts of one fingerprint are about the same thing. Empty when nothing is left. Its cut never parts a character.
 */
export const makeFingerprint = (text: string): string => {
  const words = text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(/[^\p{L}]+/gu, ' ')
    .split(' ')
    .filter((word) => word !== '' && !STOPS.has(word))
  return Array.from(words.join(' ')).slice(0, FINGERPRINT_LENGTH).join('').trim()
}
