import { lintSource } from '@secretlint/core'
import { rules as allRules } from '@secretlint/secretlint-rule-preset-recommend'

/** Comments that switch rules off: who writes a text may not decide what is masked in it. */
const SWITCH_OFF_RULE = '@secretlint/secretlint-rule-filter-comments'

const config = {
  rules: allRules
    .filter(({ meta }) => meta.id !== SWITCH_OFF_RULE)
    .map((rule) => ({ id: rule.meta.id, rule })),
}

const MASK = '[secret]'

/** Signed tokens, those that this program issues among them: no rule of secretlint knows them by their look. */
const SIGNED_TOKEN = /(?<![\w-])(?:eyJ[\w-]{8,}\.eyJ|rwt1\.)[\w-]{8,}\.[\w-]{16,}/gu

/**
 * A text in which all that secretlint takes for a secret, and every signed token, is replaced by `[secret]`. For short texts: it looks at
 * them in this process, in one piece.
 */
export const maskSecrets = async (text: string): Promise<string> => {
  const { messages } = await lintSource({
    source: { filePath: 'text', content: text, contentType: 'text', ext: '' },
    options: { config, noPhysicFilePath: true },
  })
  // From the end, so that what is replaced moves nothing that is still to be.
  const ranges = messages
    .flatMap((message) => (message.type === 'message' ? [message.range] : []))
    .toSorted(([a], [b]) => b - a)
  let masked = text
  let from = text.length
  for (const [start, end] of ranges) {
    if (start >= from) continue
    masked = `${masked.slice(0, start)}${MASK}${masked.slice(Math.min(end, from))}`
    from = start
  }
  return masked.replaceAll(SIGNED_TOKEN, MASK)
}
