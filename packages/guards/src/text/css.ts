/** One declaration of a style sheet. */
export type Declaration = { readonly property: string; readonly value: string }

/**
 * Comments, strings and addresses hold no colours, though they may look as if. Each part also ends at the end
 * of the text: a pattern that could fail there would make an unclosed comment cost quadratic time.
 */
const NO_STYLE =
  /\/\*[\s\S]*?(?:\*\/|$)|"(?:[^"\\\n]|\\[\s\S])*(?:"|$|(?=\n))|'(?:[^'\\\n]|\\[\s\S])*(?:'|$|(?=\n))|url\([^)]*(?:\)|$)/giu

/** The declarations of a style sheet in order; what stands before a `{` is a selector and none. */
export const listDeclarations = (css: string): Declaration[] =>
  css
    .replaceAll(NO_STYLE, ' ')
    .split(/(?<=[{};])/u)
    .filter((part) => !part.endsWith('{'))
    .flatMap((part) => {
      const text = part.replace(/[;}]$/u, '')
      const at = text.indexOf(':')
      const property = text.slice(0, at).trim()
      if (at < 0 || !/^-{0,2}[a-z][\w-]*$/iu.test(property)) return []
      return [
        {
          property: property.startsWith('--') ? property : property.toLowerCase(),
          value: text.slice(at + 1).trim(),
        },
      ]
    })

const listStyleElements = (text: string): string[] =>
  text
    .split(/<\/style>/iu)
    .slice(0, -1)
    .flatMap((part) => {
      const start = part.search(/<style/iu)
      const open = start < 0 ? -1 : part.indexOf('>', start)
      return open < 0 ? [] : [part.slice(open + 1)]
    })

/** The style sheets in a file: all of a `.css`, else each `<style>` element and `style` attribute. */
export const listStyleSheets = (file: string, text: string): string[] => {
  if (/\.css$/iu.test(file)) return [text]
  const attributes = [...text.matchAll(/\sstyle=(?:"([^"<>]*)"|'([^'<>]*)')/giu)].map(
    ([, a, b]) => a ?? b ?? '',
  )
  return [...listStyleElements(text), ...attributes]
}
