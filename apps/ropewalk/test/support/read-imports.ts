import path from 'node:path'
import ts from 'typescript'
import type { Sources } from './read-sources.ts'

/** One import: `to` is a path from the root for a file of ours, else the name of what is imported. */
export type Import = {
  readonly from: string
  readonly to: string
  readonly isOurs: boolean
  /** `type` vanishes at run time, `value` is loaded with the file, `lazy` when it is first wanted. */
  readonly kind: 'type' | 'value' | 'lazy'
}

/** All imports and re-exports of these files, in order. */
export function readImports(sources: Sources): readonly Import[] {
  return [...sources].flatMap(([file, text]) => readImportsOf(file, text))
}

export function parseSource(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
}

function readImportsOf(file: string, text: string): Import[] {
  const found: Import[] = []
  const add = (specifier: ts.Expression | undefined, kind: Import['kind']) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return
    found.push({ from: file, kind, ...resolve(file, specifier.text) })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeImport(node) ? 'type' : 'value')
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, isTypeExport(node) ? 'type' : 'value')
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, 'type')
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], 'lazy')
    }
    ts.forEachChild(node, visit)
  }
  visit(parseSource(file, text))
  return found
}

function isTypeImport(node: ts.ImportDeclaration): boolean {
  return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
}

function isTypeExport(node: ts.ExportDeclaration): boolean {
  return node.isTypeOnly
}

function resolve(file: string, specifier: string): { to: string; isOurs: boolean } {
  if (specifier.startsWith('.')) {
    return { to: path.posix.join(path.posix.dirname(file), specifier), isOurs: true }
  }
  const ours = /^@ropewalk\/([^/]+)(?:\/(.+))?$/.exec(specifier)
  if (ours === null) return { to: specifier, isOurs: false }
  return { to: `packages/${ours[1]}/src/${ours[2] ?? 'index'}.ts`, isOurs: true }
}
