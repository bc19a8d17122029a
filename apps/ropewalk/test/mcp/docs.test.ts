import { readFileSync } from 'node:fs'
import path from 'node:path'
import { METHOD_CONTRACTS } from '@ropewalk/core/contract/methods/list'
import { expect, test } from 'vitest'

const PAGE = path.resolve(import.meta.dirname, '../../../../docs/mcp.md')

/** The first sentence of what a model is told. */
const getFirstSentence = (about: string): string =>
  /^.*?[.:](?= |$)/u.exec(about)?.[0].replace(/:$/u, '.') ?? about

test('docs/mcp.md lists every tool, in their order, with what it does and who may use it', () => {
  const rows = readFileSync(PAGE, 'utf8')
    .split('\n')
    .filter((line) => /^\| `[a-z_]+`/u.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  expect(rows).toEqual(
    METHOD_CONTRACTS.map(({ name, about, permission, isForTasks }) => [
      `\`${name}\``,
      getFirstSentence(about).replaceAll('|', '\\|'),
      `\`${permission}\``,
      isForTasks ? 'yes' : '',
    ]),
  )
})
