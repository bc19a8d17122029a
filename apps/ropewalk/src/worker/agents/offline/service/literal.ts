const toEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Characters that could end a script element, or that older parsers take for the end of a line. */
const escapeForScript = (source: string): string => source.replaceAll(/[<>\u2028\u2029]/gu, toEscape)

/** A string as JavaScript source, in single quotes as the rest of the written code has them. */
export const toLiteral = (text: string): string => {
  const inner = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(String.raw`\"`, '"')
    .replaceAll("'", String.raw`\'`)
  return `'${escapeForScript(inner)}'`
}

/** One line of plain text for Markdown: whatever could begin markup, a list or a link is escaped. */
export const toMarkdown = (text: string): string =>
  text.replaceAll(
    /[\\`*_{}[\]<>#|~&$@]|:(?=\/\/)|(?<=www)\.|(?<=^\d+)[.)]|^[-+=]|!(?=\[)/giu,
    (character) => `\\${character}`,
  )
