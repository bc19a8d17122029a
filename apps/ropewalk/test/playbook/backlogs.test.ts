import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { judgePlaybook, readPlaybook } from '../../src/engine/playbook/read-playbook.ts'
import { makeScene, type Scene } from './support.ts'

let scene: Scene
beforeEach(() => {
  scene = makeScene()
})
afterEach(() => scene.remove())

const read = () => readPlaybook({ base: scene.base, project: scene.project })
const listFaults = () =>
  judgePlaybook({ base: scene.base, project: scene.project }).faults.map(
    ({ path: file, line, problem }) => `${path.basename(file)}:${line} ${problem}`,
  )
const names = () => (read().templates ?? []).map(({ template }) => template.name)

const SMALL = `name: small
title: Small
match:
  words: [tiny]
items:
  - key: one
    kind: task
    title: '{request}'
    capability: generic
`

describe('templates of backlogs', () => {
  test('are read by name, and change nothing of the hash that runs are pinned to', () => {
    const { hash } = read()
    expect(names()).toEqual(['generic', 'process-audit'])
    scene.write('backlogs/small.yaml', SMALL)
    expect(names()).toEqual(['generic', 'process-audit', 'small'])
    expect(read().hash).toBe(hash)
  })

  test('of a project stand for those of the same name', () => {
    scene.write('backlogs/generic.yaml', SMALL.replace('name: small', 'name: generic'))
    const [generic] = read().templates ?? []
    expect(generic?.template.title).toBe('Small')
  })

  test.each([
    [
      'another name than its file',
      SMALL.replace('name: small', 'name: other'),
      /small\.yaml:1 the file defines the template other/u,
    ],
    [
      'a validator that there is not',
      `${SMALL}    definition_of_done: [evidence-presnt]\n`,
      /small\.yaml:10 there is no validator evidence-presnt/u,
    ],
    [
      'a validator that there is not, for a kind',
      `${SMALL}definition_of_done: { task: [nope] }\n`,
      /there is no validator nope/u,
    ],
    ['a parent that there is not', `${SMALL}    parent: two\n`, /its parent two is no item/u],
    ['a key twice', `${SMALL}  - { key: one, kind: task, title: x }\n`, /another item has this key/u],
    ['an unknown key', `${SMALL}colour: red\n`, /has the unknown key colour/u],
    ['no items', SMALL.replace(/items:[\s\S]*/u, ''), /items is missing/u],
    ['an alias', `${SMALL}description: *a\n`, /alias/u],
  ])('with %s are told with file and line', (_what, text, expected) => {
    scene.write('backlogs/small.yaml', text)
    expect(listFaults().join('\n')).toMatch(expected)
  })

  test('lie in their folder and nowhere below', () => {
    mkdirSync(path.join(scene.base, 'backlogs', 'more'))
    writeFileSync(path.join(scene.base, 'backlogs', 'more', 'small.yaml'), SMALL)
    expect(listFaults().join('\n')).toMatch(/expected backlogs\/TEMPLATE\.yaml/u)
  })
})

describe('how strict unclear requests are taken', () => {
  test('comes with the playbook, and a project may say otherwise', () => {
    expect(read().ambiguity).toMatchObject({ limit: 0.4, limits: { intake: 0.4 } })
    scene.write('ambiguity.yaml', 'limit: 0.9\nweights: { vague-term: 0 }\n')
    expect(read().ambiguity).toMatchObject({ limit: 0.9, limits: {}, weights: { 'vague-term': 0 } })
  })

  test('is told where it breaks its contract', () => {
    scene.write('ambiguity.yaml', 'limit: 2\n')
    expect(listFaults().join('\n')).toMatch(/ambiguity\.yaml:1/u)
  })
})
