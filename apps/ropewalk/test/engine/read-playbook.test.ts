import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readPlaybook } from '../../src/engine/playbook/read-playbook.ts'

const SHIPPED = path.resolve(import.meta.dirname, '../../../../playbook')

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'playbook-'))
  cpSync(SHIPPED, dir, { recursive: true })
})
afterEach(() => {
  rmSync(dir, { recursive: true })
})

const change = (file: string, from: string, to: string): void => {
  const full = path.join(dir, file)
  const source = readFileSync(full, 'utf8')
  expect(source).toContain(from)
  writeFileSync(full, source.replace(from, to))
}

test('the shipped playbook is whole, and the same files give the same hash', () => {
  expect(readPlaybook(dir).hash).toBe(readPlaybook(SHIPPED).hash)
})

test('another prompt is another playbook', () => {
  change('agents/prd/prd-writer.md', 'You write', 'You carefully write')
  expect(readPlaybook(dir).hash).not.toBe(readPlaybook(SHIPPED).hash)
})

describe('a bad file is refused with its path, its line and what to change', () => {
  test.each([
    ['phases/prd.yaml', 'parallelism: sequential', 'parallelism: sideways', /prd\.yaml:5: parallelism/u],
    ['phases/prd.yaml', 'title: Product requirements', 'titel: x', /prd\.yaml:\d+: .*title/u],
    ['phases/prd.yaml', 'needs: [intake]', 'needs: [intake', /prd\.yaml:\d+: .*Mend the YAML/u],
    ['phases/prd.yaml', 'needs: [intake]', 'needs: [dreams]', /needs names the phase dreams/u],
    ['phases/prd.yaml', 'rubric: coverage', 'rubric: cover', /feeds the rubric cover/u],
    ['phases/intake.yaml', 'agents: [clarifier,', 'agents: [clarifer,', /agents names clarifer/u],
    ['agents/prd/prd-writer.md', 'kind: model', 'kind: magic', /prd-writer\.md:4: kind/u],
    ['agents/prd/prd-writer.md', 'capability: model', 'capability: mine', /must have the capability model/u],
    ['agents/prd/prd-writer.md', 'kind: model', 'kind: external', /kept for our own worker/u],
    ['agents/build/coder.md', 'repo.run, artifact.read]', 'repo.run, shell]', /wants the tool shell/u],
    ['agents/prd/prd-writer.md', '---\nagent', 'agent', /expected front matter/u],
  ])('%s: %s', (file, from, to, message) => {
    change(file, from, to)
    expect(() => readPlaybook(dir)).toThrowError(message)
  })

  test('a key that no contract knows is named', () => {
    change('phases/qa.yaml', 'phase: qa', 'phase: qa\nspeed: high')
    expect(() => readPlaybook(dir)).toThrowError(/qa\.yaml:3: .*speed/u)
  })
})
