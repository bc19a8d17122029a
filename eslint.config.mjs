import eslint from '@eslint/js'
import tseslint from 'typescript-eslint'

const OUTSIDE_TIME_AND_CHANCE = 'decide and evolve are pure: time, ids and chance arrive inside the command'

/** Rules of conventions: what each one prevents is a lost promise, a missed case or a hidden input. */
const RULES = {
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/consistent-type-imports': 'error',
  '@typescript-eslint/only-throw-error': 'error',
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  'no-empty': ['error', { allowEmptyCatch: false }],
  'no-console': 'error',
  // Control characters are what our own edges look for and take out.
  'no-control-regex': 'off',
  'max-lines': ['error', { max: 500 }],
  'no-restricted-syntax': [
    'error',
    {
      selector: 'ExportDefaultDeclaration',
      message: 'Export by name, so that a thing has one name everywhere.',
    },
    { selector: 'ExportAllDeclaration', message: 'Name what is exported: a wildcard hides what is public.' },
  ],
}

const TYPESCRIPT = [
  'packages/*/{src,test}/**/*.ts',
  'apps/*/{src,test}/**/*.ts',
  'scripts/**/*.ts',
  'bench/*.ts',
  'examples/**/*.ts',
]

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/**',
      '**/fixtures/**',
      '.toolchain/**',
      '.tmp/**',
      'coverage/**',
      'bench/peers/**',
      'test/planted/**',
      'schemas/**',
    ],
  },
  {
    files: TYPESCRIPT,
    extends: [eslint.configs.recommended, tseslint.configs.recommended],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: RULES,
  },
  {
    // Only the store speaks to Postgres; tests and the bench look at what it wrote.
    files: ['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'],
    ignores: ['apps/ropewalk/src/store/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'pg', message: 'Postgres is reached through apps/ropewalk/src/store/.' }],
          patterns: [{ group: ['pg/*'], message: 'Postgres is reached through apps/ropewalk/src/store/.' }],
        },
      ],
    },
  },
  {
    files: ['packages/core/src/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: OUTSIDE_TIME_AND_CHANCE },
        { object: 'Math', property: 'random', message: OUTSIDE_TIME_AND_CHANCE },
        { object: 'crypto', property: 'randomUUID', message: OUTSIDE_TIME_AND_CHANCE },
        { object: 'crypto', property: 'getRandomValues', message: OUTSIDE_TIME_AND_CHANCE },
        { object: 'performance', property: 'now', message: OUTSIDE_TIME_AND_CHANCE },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'node:crypto',
              importNames: ['randomUUID', 'randomBytes', 'randomInt', 'getRandomValues', 'webcrypto'],
              message: OUTSIDE_TIME_AND_CHANCE,
            },
            { name: 'pg', message: 'core has no input or output.' },
          ],
        },
      ],
      'no-restricted-syntax': [
        ...RULES['no-restricted-syntax'],
        {
          selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
          message: OUTSIDE_TIME_AND_CHANCE,
        },
      ],
    },
  },
  {
    // These talk to a person: their output is what they are for.
    files: [
      'apps/ropewalk/src/cli/**/*.ts',
      'apps/ropewalk/src/main.ts',
      'scripts/**/*.ts',
      'bench/*.ts',
      'examples/**/*.ts',
    ],
    rules: { 'no-console': 'off' },
  },
  {
    // Plain CommonJS: it runs before anything is installed.
    files: ['ropewalk', 'launcher/*.cjs'],
    extends: [eslint.configs.recommended],
    languageOptions: {
      sourceType: 'commonjs',
      ecmaVersion: 2022,
      globals: {
        __dirname: 'readonly',
        module: 'readonly',
        process: 'readonly',
        require: 'readonly',
        setTimeout: 'readonly',
      },
    },
  },
)
