import { createRequire } from 'node:module'
import type { ESLint, Linter } from 'eslint'
import type { Severity } from '../finding.ts'
import type { Analysis } from './analysis.ts'
import { OWN_PLUGIN, OWN_SEVERITIES } from './own-rules.ts'
import { runEslint, type EslintSetup } from './run-eslint.ts'

// The plugin has no types of its own.
const security = createRequire(import.meta.url)('eslint-plugin-security') as ESLint.Plugin

/**
 * Each rule and how bad what it finds is. Rules that cannot tell an attack from daily code (a name for an
 * index, a path from a variable) are low: they are for a reader, not for a gate.
 */
const SEVERITIES: Readonly<Record<string, Severity>> = {
  ...OWN_SEVERITIES,
  'security/detect-eval-with-expression': 'critical',
  'security/detect-bidi-characters': 'critical',
  'security/detect-child-process': 'high',
  'security/detect-disable-mustache-escape': 'high',
  'security/detect-non-literal-require': 'medium',
  'security/detect-non-literal-regexp': 'medium',
  'security/detect-unsafe-regex': 'medium',
  'security/detect-possible-timing-attacks': 'medium',
  'security/detect-pseudoRandomBytes': 'medium',
  'security/detect-no-csrf-before-method-override': 'medium',
  'security/detect-buffer-noassert': 'medium',
  'security/detect-new-buffer': 'medium',
  'security/detect-invisible-characters': 'medium',
  'security/detect-non-literal-fs-filename': 'low',
  'security/detect-object-injection': 'low',
  'no-eval': 'high',
  'no-implied-eval': 'high',
  'no-new-func': 'high',
  'no-script-url': 'medium',
  'no-extend-native': 'medium',
  'no-proto': 'medium',
  'no-caller': 'low',
}

const SETUP: EslintSetup = {
  plugins: { security, ropewalk: OWN_PLUGIN },
  rules: Object.fromEntries(
    Object.keys(SEVERITIES).map((name): [string, Linter.RuleEntry] => [name, 'error']),
  ),
  offForTypes: [],
  globals: [],
  getSeverity: ({ ruleId }) => SEVERITIES[ruleId ?? ''] ?? 'medium',
}

/** Places of one JavaScript or TypeScript text where an attacker could get a hold. */
export const analyse: Analysis = (file) => runEslint(file, SETUP)
