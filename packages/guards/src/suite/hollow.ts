import { lstat, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { listFiles } from '../checkout.ts'
import type { Discovered } from './discover.ts'

const CODE_FILE = /\.(?:js|mjs|cjs|ts|mts|cts)$/u
const NAME = String.raw`[\p{ID_Start}$_][\p{ID_Continue}$]*`

const isModule = (file: string, text: string, packageType: string): boolean => {
  if (/\.m[jt]s$/u.test(file)) return true
  if (/\.c[jt]s$/u.test(file)) return false
  return packageType === 'module' || /^\s*(?:import|export)\b/mu.test(text)
}

const listAll = (text: string, pattern: string): string[] =>
  [...text.matchAll(new RegExp(pattern, 'gmu'))].flatMap(([, name]) => (name === undefined ? [] : [name]))

const listModuleNames = (text: string): string[] => {
  const declared = listAll(
    text,
    String.raw`^\s*export\s+(?:async\s+)?(?:function\s*\*?|class|const|let|var)\s*(${NAME})`,
  )
  const listed = listAll(text, String.raw`\bexport\s*(?:\*\s*as\s+${NAME}|\{([^}]*)\})`)
    .flatMap((list) => list.replaceAll(/\/\*[^]*?\*\/|\/\/.*$/gmu, '').split(','))
    .map(
      (part) =>
        part
          .trim()
          .split(/\s+as\s+/u)
          .at(-1)
          ?.trim() ?? '',
    )
    .filter((name) => new RegExp(`^${NAME}$`, 'u').test(name))
  const spaces = listAll(text, String.raw`\bexport\s*\*\s*as\s+(${NAME})`)
  const byDefault = /^\s*export\s+default\b/mu.test(text) ? ['default'] : []
  return [...new Set([...declared, ...listed, ...spaces, ...byDefault])]
}

const getHollowModule = (text: string): string => {
  const passedOn = listAll(text, String.raw`^\s*(export\s*\*\s*from\s*['"]\.[^'"\n]*['"])`)
  const exported = listModuleNames(text).map((name) => `hollow as ${name}`)
  return ['const hollow = function () {}', ...passedOn, `export { ${exported.join(', ')} }`, ''].join('\n')
}

const getHollowScript = (text: string): string => {
  const [, members = ''] = /module\.exports\s*=\s*\{([^}]*)\}/u.exec(text) ?? []
  const listed = members.split(',').map((part) => part.split(':')[0]?.trim() ?? '')
  const names = [...listAll(text, String.raw`\bexports\.(${NAME})\s*=[^=]`), ...listed].filter((name) =>
    new RegExp(`^${NAME}$`, 'u').test(name),
  )
  return [
    'const hollow = function () {}',
    'module.exports = hollow',
    ...[...new Set(names)].map(
      (name) => `Object.defineProperty(module.exports, '${name}', { value: hollow, configurable: true })`,
    ),
    '',
  ].join('\n')
}

/** The same module with the same exported names, each of them a function that does nothing. */
export const getHollow = (file: string, text: string, packageType: string): string => {
  if (!CODE_FILE.test(file)) return ''
  return isModule(file, text, packageType) ? getHollowModule(text) : getHollowScript(text)
}

const readPackageType = async (root: string): Promise<string> => {
  try {
    const value: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    return typeof value === 'object' && value !== null && 'type' in value ? String(value.type) : 'commonjs'
  } catch (error) {
    if (
      error instanceof SyntaxError ||
      (error instanceof Error && 'code' in error && error.code === 'ENOENT')
    )
      return 'commonjs'
    throw error
  }
}

/** Empties the sources of a copy. JSON files stay: a configuration is not the code that tests prove. */
export const hollowOut = async (root: string, sources: readonly string[]): Promise<void> => {
  const packageType = await readPackageType(root)
  for (const file of sources) {
    const path = join(root, file)
    if (file.endsWith('.json') || !(await lstat(path)).isFile()) continue
    await writeFile(path, getHollow(file, await readFile(path, 'utf8'), packageType))
  }
}

/** Empties the sources of a copy and removes all else but what lies beside the tests and what is installed. */
export const stripBare = async (
  root: string,
  { tests, sources }: Pick<Discovered, 'tests' | 'sources'>,
): Promise<void> => {
  await hollowOut(root, sources)
  const beside = [...new Set(tests.map((file) => dirname(file)))].filter((folder) => folder !== '.')
  const kept = new Set([...tests, ...sources])
  for (const file of await listFiles(root, ['.git', 'node_modules']))
    if (!kept.has(file) && !beside.some((folder) => file.startsWith(`${folder}/`))) await rm(join(root, file))
}
