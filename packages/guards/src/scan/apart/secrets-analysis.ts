import { lintSource } from '@secretlint/core'
import { rules as allRules } from '@secretlint/secretlint-rule-preset-recommend'
import type { Finding } from '../finding.ts'
import type { Analysis } from './analysis.ts'

/** Comments that switch rules off: the repository under check may not decide what is checked. */
const SWITCH_OFF_RULE = '@secretlint/secretlint-rule-filter-comments'

/** Text is scanned in pieces of this size, each overlapping the one before by more than any token's length. */
const PIECE = 512 * 1024
const OVERLAP = 16 * 1024

const config = {
  rules: allRules
    .filter(({ meta }) => meta.id !== SWITCH_OFF_RULE)
    .map((rule) => ({ id: rule.meta.id, rule })),
}

/** Where secrets stand in one text: line and kind, never the secret. */
export const analyse: Analysis = async ({ name, text }) => {
  const found = new Map<string, Finding>()
  for (let from = 0; from < text.length; from += PIECE) {
    const start = Math.max(0, from - OVERLAP)
    const firstLine = text.slice(0, start).split('\n').length - 1
    const { messages } = await lintSource({
      // The path takes part in no decision: a name like `.env` must not change what is looked for.
      source: { filePath: 'text', content: text.slice(start, from + PIECE), contentType: 'text', ext: '' },
      options: { config, maskSecrets: true, noPhysicFilePath: true },
    })
    for (const message of messages) {
      if (message.type !== 'message') continue
      const line = firstLine + message.loc.start.line
      const rule = message.ruleId.replace('@secretlint/secretlint-rule-', '')
      const title = `A secret of kind ${rule}.`
      found.set(`${line} ${rule}`, { rule, severity: 'critical', title, file: name, line })
    }
  }
  return [...found.values()]
}
