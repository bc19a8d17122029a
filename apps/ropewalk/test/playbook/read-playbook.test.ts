import { afterEach, beforeEach, expect, test } from 'vitest'
import { readPlaybook } from '../../src/engine/playbook/read-playbook.ts'
import { makeScene, type Scene, SHIPPED } from './support.ts'

let scene: Scene
beforeEach(() => {
  scene = makeScene()
})
afterEach(() => scene.remove())

const read = (base: string) => readPlaybook({ base, project: null })

test('the shipped playbook is whole, and the same files give the same hash', () => {
  expect(read(scene.base).hash).toBe(read(SHIPPED).hash)
})

test('another prompt is another playbook', () => {
  scene.change('agents/prd/prd-writer.md', 'You write', 'You carefully write')
  expect(read(scene.base).hash).not.toBe(read(SHIPPED).hash)
})

test('a folder that is no playbook is refused by name', () => {
  expect(() => read(scene.project)).toThrowError(/is not a playbook: expected prices\.yaml/u)
})

test('the first fault is thrown with path, line, column and fix, and all of them are in the details', () => {
  scene.change('phases/prd.yaml', 'parallelism: sequential', 'parallelism: sideways')
  scene.change('agents/prd/prd-writer.md', 'kind: model', 'kind: magic')
  expect(() => read(scene.base)).toThrowError(
    /prd-writer\.md:4:7: kind is "magic"; expected one of .*and 1 more/su,
  )
})
