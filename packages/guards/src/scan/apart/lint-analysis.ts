import eslint from '@eslint/js'
import type { Linter } from 'eslint'
import type { Analysis } from './analysis.ts'
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

const SETUP: EslintSetup = {
  plugins: {},
  rules: { ...eslint.configs.recommended.rules, ...WARNINGS },
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
