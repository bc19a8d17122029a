import eslint from '@eslint/js'
import type { ESLint, Linter } from 'eslint'
import type { Analysis } from './analysis.ts'
import { makeRule } from './own-rules.ts'
import { runEslint, type EslintSetup } from './run-eslint.ts'

/** What a page's script may name beside what Node has; a reader in a browser needs no import for it. */
const BROWSER = [
  'window', 'document', 'location', 'history', 'localStorage', 'sessionStorage', 'navigator', 'alert', 'confirm',
  'prompt', 'requestAnimationFrame', 'cancelAnimationFrame', 'matchMedia', 'getComputedStyle', 'HTMLElement',
  'Element', 'Node', 'NodeList', 'Image', 'Audio', 'FileReader', 'XMLHttpRequest', 'IntersectionObserver',
  'MutationObserver', 'ResizeObserver', 'customElements', 'CustomEvent', 'DOMParser', 'self', 'screen',
] // prettier-ignore

const WARNINGS: Readonly<Record<string, Linter.RuleEntry>> = {
  eqeqeq: ['warn', 'always', { null: 'ignore' }],
  'no-var': 'warn',
  'prefer-const': 'warn',
  'no-throw-literal': 'warn',
  'default-case-last': 'warn',
  'no-self-compare': 'warn',
  'no-template-curly-in-string': 'warn',
  'no-unreachable-loop': 'warn',
  'array-callback-return': 'warn',
  'no-promise-executor-return': 'warn',
}

/** An argument that is the same whatever the code does. */
const FIXED =
  ':matches(Literal, UnaryExpression[argument.type="Literal"], TemplateLiteral[expressions.length=0])'
const ASSERTS = '/assert|expect|check|verify|should|must|ensure|refus|reject|throw|compare|match|same|equal/i'
const LOOKS_AT_SOMETHING = ['callee.name', 'callee.object.name', 'callee.object.property.name']
  .map((place) => `CallExpression[${place}=${ASSERTS}] > :not(${FIXED}).arguments`)
  .join(', ')

/** A test that speaks for a requirement or a story, with its body in place. */
const PROOF = String.raw`CallExpression[callee.name=/^(?:test|it)$/][arguments.0.value=/\b(?:REQ|US)-\d{3}\b/]:has(:function)`

const TESTS: ESLint.Plugin = {
  rules: {
    'asserts-nothing': makeRule({
      selector: `${PROOF}:not(:has(${LOOKS_AT_SOMETHING})):not(:has(ThrowStatement))`,
      message: 'This test names what it proves and asserts nothing that depends on the code.',
    }),
  },
}

const SETUP: EslintSetup = {
  plugins: { tests: TESTS },
  rules: { ...eslint.configs.recommended.rules, ...WARNINGS, 'tests/asserts-nothing': 'error' },
  offForTypes: [
    'no-undef',
    'no-unused-vars',
    'no-redeclare',
    'no-dupe-class-members',
    'no-unused-private-class-members',
  ],
  globals: [...Object.getOwnPropertyNames(globalThis), ...BROWSER],
  // Of the linter's two degrees an error is a likely fault, a warning a matter of care.
  getSeverity: ({ severity }) => (severity === 2 ? 'medium' : 'low'),
}

/** Likely faults and careless places of one JavaScript or TypeScript text, under our fixed rules. */
export const analyse: Analysis = (file) => runEslint(file, SETUP)
