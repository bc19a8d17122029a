import { createHash } from 'node:crypto'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeCheckout, makeFolder, REPOSITORY } from '../support.ts'
import { COMMIT, runTool } from './support.ts'

// Made here, so that no file of ours holds anything that looks like a secret.
const token = `ghp_${createHash('sha512').update('not a token').digest('hex').slice(0, 36)}`

test('an honest repository and its documents have none', async () => {
  const { document } = await runTool('secrets', 'SecretsScanReport', REPOSITORY, {
    inputs: { Idea: { text: 'A' } },
  })
  expect(document).toMatchObject({
    tool: 'secretlint',
    argv: null,
    revision: COMMIT,
    outcome: 'done',
    reason: null,
    scanned_files: 4,
    findings: [],
  })
  expect(document.parts).toMatchObject([
    { part: 'secretlint', outcome: 'done', extra: false },
    { part: 'gitleaks', outcome: 'not-run', reason: 'gitleaks is not installed.', extra: true },
  ])
})

test('finds tokens in files and documents, critical, with their place and never their text', async () => {
  const files = { 'src/a.js': `\n// secretlint-disable\nconst a = '${token}'\n` }
  const inputs = { PRD: { text: token } }
  const { document } = await runTool('secrets', 'SecretsScanReport', files, { inputs })
  expect(document.findings).toMatchObject([
    { severity: 'critical', file: 'artifact PRD', line: 1, part: 'secretlint' },
    { severity: 'critical', file: 'src/a.js', line: 3 },
  ])
  expect(JSON.stringify(document)).not.toContain(token)
})

test('does not look where links lead', async () => {
  const outside = makeFolder()
  writeFileSync(join(outside, 'key'), token)
  const dir = makeCheckout(REPOSITORY)
  symlinkSync(join(outside, 'key'), join(dir, 'key'))
  const { document } = await runTool('secrets', 'SecretsScanReport', dir)
  expect(document.findings).toEqual([])
})

test('without code the report is not-run', async () => {
  const { document } = await runTool('secrets', 'SecretsScanReport', null)
  expect(document).toMatchObject({ outcome: 'not-run', revision: null, findings: [] })
})

test('settings that are none are refused by name', async () => {
  await expect(
    runTool('secrets', 'SecretsScanReport', REPOSITORY, { settings: { programs: { gitleaks: 'gitleaks' } } }),
  ).rejects.toThrow(/settings of secrets: programs\.gitleaks: expected an absolute path/iu)
})
