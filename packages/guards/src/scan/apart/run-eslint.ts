import { Linter, type ESLint } from 'eslint'
import type { Finding, Severity } from '../finding.ts'
import type { ForeignText } from './analysis.ts'

/** Files that ESLint can read with the parsers we have. */
export const CODE_FILE = /\.(?:js|mjs|cjs|jsx|ts|mts|cts|tsx)$/u

export type EslintSetup = {
  readonly plugins: Readonly<Record<string, ESLint.Plugin>>
  readonly rules: Readonly<Record<string, Linter.RuleEntry>>
  /** Rules that make no sense over TypeScript, whose checker does their work. */
  readonly offForTypes: readonly string[]
  readonly globals: readonly string[]
  readonly getSeverity: (message: Linter.LintMessage) => Severity
}

type Kind = { readonly name: string; readonly sourceTypes: readonly ('module' | 'commonjs')[] }

/** A name of our own stands for the file: nothing of its path may pick a configuration. */
const getKind = ({ name, text }: ForeignText): Kind => {
  const isTyped = /\.[mc]?tsx?$/u.test(name)
  const ending = isTyped ? (name.endsWith('x') ? 'tsx' : 'ts') : 'jsx'
  if (/\.m[jt]s$/u.test(name) || isTyped) return { name: `source.${ending}`, sourceTypes: ['module'] }
  if (/\.cjs$/u.test(name)) return { name: `source.${ending}`, sourceTypes: ['commonjs'] }
  const looksLikeModule = /^\s{0,80}(?:import|export)\b/mu.test(text)
  return {
    name: `source.${ending}`,
    sourceTypes: looksLikeModule ? ['module', 'commonjs'] : ['commonjs', 'module'],
  }
}

const loadParser = async (): Promise<Linter.Parser> =>
  (await import('typescript-eslint')).parser as Linter.Parser

const makeConfig = (
  setup: EslintSetup,
  sourceType: 'module' | 'commonjs',
  parser: Linter.Parser | undefined,
): Linter.Config => {
  const off = parser === undefined ? [] : setup.offForTypes
  return {
    files: ['**/*.jsx', '**/*.ts', '**/*.tsx'],
    plugins: setup.plugins,
    languageOptions: {
      ecmaVersion: 'latest',
      sourceType,
      ...(parser === undefined ? {} : { parser }),
      globals: Object.fromEntries(setup.globals.map((name) => [name, 'writable'])),
      parserOptions: { ecmaFeatures: { jsx: true } },
    },
    linterOptions: { reportUnusedDisableDirectives: 'off' },
    rules: { ...setup.rules, ...Object.fromEntries(off.map((name) => [name, 'off'])) },
  }
}

/**
 * What ESLint says of one text under our setup. No configuration and no comment of the project counts. Text
 * that neither reading of it can parse is a finding of its own: nobody has looked at it.
 */
export const runEslint = async (file: ForeignText, setup: EslintSetup): Promise<Finding[]> => {
  const linter = new Linter()
  const { name, sourceTypes } = getKind(file)
  const parser = name.includes('.ts') ? await loadParser() : undefined
  let messages: Linter.LintMessage[] = []
  for (const sourceType of sourceTypes) {
    const config = makeConfig(setup, sourceType, parser)
    messages = linter.verify(file.text, [config], { filename: name, allowInlineConfig: false })
    if (!messages.some(({ fatal }) => fatal === true)) break
  }
  return messages.map((message) => ({
    rule: message.ruleId ?? 'not-parsed',
    severity: message.fatal === true ? 'high' : setup.getSeverity(message),
    title: message.message.slice(0, 400),
    file: file.name,
    line: Math.max(1, message.line),
  }))
}
