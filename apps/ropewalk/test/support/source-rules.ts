import ts from 'typescript'
import { parseSource } from './read-imports.ts'
import type { Sources } from './read-sources.ts'

/** config.ts turns the environment into settings; main.ts of a program hands it over. */
const MAY_READ_ENVIRONMENT = new Set([
  'apps/ropewalk/src/config.ts',
  'apps/ropewalk/src/main.ts',
  'packages/guards/src/service/driver/main.ts',
])

/** Places outside config.ts and the main.ts of a program that read the environment. */
export function findEnvironmentReads(sources: Sources): readonly string[] {
  const others = new Map([...sources].filter(([file]) => !MAY_READ_ENVIRONMENT.has(file)))
  return findNodes(others, (node) => isProcessEnv(node) || isEnvImport(node))
}

/** `catch` blocks and `.catch` callbacks in which nothing happens. */
export function findEmptyCatches(sources: Sources): readonly string[] {
  return findNodes(sources, (node) => {
    if (ts.isCatchClause(node)) return node.block.statements.length === 0
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false
    const callback = node.arguments[0]
    return node.expression.name.text === 'catch' && callback !== undefined && hasEmptyBody(callback)
  })
}

/** `export * from`: it hides what is public. */
export function findWildcardExports(sources: Sources): readonly string[] {
  return findNodes(sources, (node) => {
    if (!ts.isExportDeclaration(node)) return false
    return node.exportClause === undefined || ts.isNamespaceExport(node.exportClause)
  })
}

function hasEmptyBody(node: ts.Node): boolean {
  if (!ts.isArrowFunction(node) && !ts.isFunctionExpression(node)) return false
  return ts.isBlock(node.body) && node.body.statements.length === 0
}

function isProcessEnv(node: ts.Node): boolean {
  const isProcess = (of: ts.Expression) => ts.isIdentifier(of) && of.text === 'process'
  if (ts.isPropertyAccessExpression(node)) return isProcess(node.expression) && node.name.text === 'env'
  if (!ts.isElementAccessExpression(node) || !isProcess(node.expression)) return false
  return ts.isStringLiteralLike(node.argumentExpression) && node.argumentExpression.text === 'env'
}

function isEnvImport(node: ts.Node): boolean {
  if (!ts.isImportSpecifier(node) || (node.propertyName ?? node.name).text !== 'env') return false
  const { moduleSpecifier } = node.parent.parent.parent as ts.ImportDeclaration
  return ts.isStringLiteralLike(moduleSpecifier) && /^(node:)?process$/.test(moduleSpecifier.text)
}

function findNodes(sources: Sources, isWanted: (node: ts.Node) => boolean): readonly string[] {
  const found: string[] = []
  for (const [file, text] of sources) {
    const source = parseSource(file, text)
    const visit = (node: ts.Node): void => {
      if (isWanted(node))
        found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`)
      ts.forEachChild(node, visit)
    }
    visit(source)
  }
  return found
}
