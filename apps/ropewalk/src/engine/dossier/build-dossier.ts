import { createPublicKey } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import { canonicalText, sha256 } from '@ropewalk/core/canonical'
import { getFileExtension } from '@ropewalk/core/contract/artifact'
import { makeEnvelope, PREDICATE_TYPE, STATEMENT_TYPE } from '@ropewalk/core/dossier/envelope'
import {
  ENVELOPE_FILE,
  INDEX_FILE,
  LEDGER_FILE,
  MANIFEST_FILE,
  PUBLIC_KEY_FILE,
  type DossierIndex,
} from '@ropewalk/core/dossier/index-file'
import { hasCode } from '@ropewalk/core/errors'
import type { RunId, WorkspaceId } from '@ropewalk/core/ids'
import type { KeptRow } from '@ropewalk/core/ledger/verify'
import type { SigningKeys } from '../../store/keys/signing-keys.ts'
import { syncFolder } from '../../store/keys/home-folder.ts'
import type { Engine } from '../contract.ts'
import { collectDossier, getNewest, type DossierData } from './collect-dossier.ts'
import { renderDossier } from './render-dossier.ts'

export type DossierOptions = {
  readonly engine: Engine
  readonly home: string
  readonly keys: SigningKeys
  readonly readLedger: (workspaceId: WorkspaceId, stream: string) => AsyncIterable<KeptRow>
}

type DossierFile = {
  readonly path: string
  readonly bytes: Buffer
  readonly mediaType: string
  readonly about: string
}

/** Where the dossier of a run lies on this machine. */
export const getDossierDir = (home: string, runId: string): string => path.join(home, 'dossiers', runId)

const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`)

/** A report keeps digests of its outputs, not their types; JSON is what tools mostly write. */
const isJson = (bytes: Buffer): boolean => {
  try {
    JSON.parse(bytes.toString('utf8'))
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

const readArtifactFiles = async (
  options: DossierOptions,
  workspaceId: WorkspaceId,
  data: DossierData,
): Promise<DossierFile[]> => {
  const files: DossierFile[] = []
  for (const artifact of data.artifacts) {
    const extension = getFileExtension(artifact.mediaType)
    files.push({
      path: `artifacts/${artifact.phase}/${artifact.name}-v${artifact.version}.${extension}`,
      bytes: await options.engine.blobs.read(workspaceId, artifact.digest),
      mediaType: artifact.mediaType,
      about: `${artifact.name}, version ${artifact.version}, by ${artifact.lineage.maker.name}${artifact.simulated ? ' (simulated)' : ''}`,
    })
  }
  return files
}

const readEvidenceFiles = async (
  options: DossierOptions,
  workspaceId: WorkspaceId,
  data: DossierData,
): Promise<DossierFile[]> => {
  const files = new Map<string, DossierFile>()
  for (const { phase, round, digest, report } of data.reports) {
    const name = `evidence/${phase}-round${round}-${report.guard}-${digest.slice(0, 8)}`
    files.set(name, {
      path: `${name}.json`,
      bytes: await options.engine.blobs.read(workspaceId, digest),
      mediaType: 'application/json',
      about: `report of ${report.guard} over ${report.artifacts.join(', ')}: ${report.outcome}`,
    })
    for (const output of report.outputDigests) {
      const bytes = await options.engine.blobs.read(workspaceId, output)
      const kind = isJson(bytes)
        ? { extension: 'json', mediaType: 'application/json' }
        : { extension: 'bin', mediaType: 'application/octet-stream' }
      files.set(output, {
        path: `evidence/${phase}-${report.guard}-output-${output.slice(0, 8)}.${kind.extension}`,
        bytes,
        mediaType: kind.mediaType,
        about: `output of ${report.guard} in ${phase}`,
      })
    }
  }
  return [...files.values()]
}

const makeManifest = (data: DossierData, files: readonly DossierFile[]) => ({
  version: 1,
  run: {
    id: data.view.run.id,
    title: data.view.run.title,
    idea: data.view.plan.idea,
    // A run that closes becomes a success by this very dossier.
    status: data.view.run.closing ? 'succeeded' : data.view.run.status,
    verdict: data.judgement.verdict,
    simulated: data.view.run.simulated,
    planHash: data.view.run.planHash,
    playbook: data.view.plan.playbook,
    models: data.view.plan.models,
    startedAt: data.view.run.startedAt,
    repo: data.view.plan.repo,
    commit: data.view.run.acceptedCommit,
    failure: data.view.run.failureMessage,
  },
  requirements: data.judgement.requirements,
  gaps: data.gaps,
  traceability: data.rtm,
  phases: data.view.phases.map(({ phase, status, round, score, startedAt, completedAt }) => ({
    phase,
    status,
    rounds: round,
    score,
    startedAt,
    completedAt,
  })),
  gates: data.gates,
  questions: data.questions,
  artifacts: data.artifacts,
  cost: data.cost,
  files: files.map(({ path: name, about }) => ({ path: name, about })),
})

const getHowTo = (data: DossierData): string[] => {
  const code = getNewest(data.artifacts).get('SourceCode')
  const take = code
    ? [
        `# take the code (commit ${code.commit ?? 'unknown'})`,
        `git clone -b main artifacts/${code.phase}/SourceCode-v${code.version}.bundle product && cd product`,
        '',
        '# run it; it prints its address',
        'npm start',
        '',
        '# run its tests yourself',
        'node --test',
        '',
      ]
    : ['# this run accepted no code', '']
  return [...take, '# check this folder, offline', `ropewalk dossier verify ${data.view.run.id}`]
}

/** The files of a dossier in index order, `index.json` and its envelope last. */
const makeFiles = async (
  options: DossierOptions,
  workspaceId: WorkspaceId,
  data: DossierData,
): Promise<DossierFile[]> => {
  const content = [
    ...(await readArtifactFiles(options, workspaceId, data)),
    ...(await readEvidenceFiles(options, workspaceId, data)),
    {
      path: LEDGER_FILE,
      bytes: Buffer.from(data.ledger.map((row) => `${row.body}\n`).join('')),
      mediaType: 'application/x-ndjson',
      about: 'the ledger of the run, one canonical entry a line',
    },
    {
      path: PUBLIC_KEY_FILE,
      bytes: Buffer.from(createPublicKey(options.keys.privateKey).export({ type: 'spki', format: 'pem' })),
      mediaType: 'application/x-pem-file',
      about: `public key ${options.keys.keyId}`,
    },
  ]
  content.push({
    path: MANIFEST_FILE,
    bytes: json(makeManifest(data, content)),
    mediaType: 'application/json',
    about: 'all of this page as data',
  })
  const html = renderDossier(data, content, getHowTo(data))
  content.push({ path: 'index.html', bytes: Buffer.from(html), mediaType: 'text/html', about: 'this page' })
  const index: DossierIndex = {
    version: 1,
    files: content
      .map((file) => ({
        path: file.path,
        sha256: sha256(file.bytes),
        bytes: file.bytes.length,
        mediaType: file.mediaType,
        about: file.about,
      }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  }
  const indexBytes = Buffer.from(canonicalText(index))
  const last = data.ledger.at(-1)
  const envelope = makeEnvelope(
    {
      _type: STATEMENT_TYPE,
      subject: [{ name: INDEX_FILE, digest: { sha256: sha256(indexBytes) } }],
      predicateType: PREDICATE_TYPE,
      predicate: {
        runId: data.view.run.id,
        title: data.view.run.title,
        verdict: data.judgement.verdict,
        simulated: data.view.run.simulated,
        finishedAt: last?.at ?? data.view.run.createdAt,
        ledger: { stream: data.view.run.id, seq: last?.seq ?? 1, hash: last?.hash ?? '' },
      },
    },
    options.keys.privateKey,
  )
  return [
    ...content,
    { path: INDEX_FILE, bytes: indexBytes, mediaType: 'application/json', about: 'every file by digest' },
    {
      path: ENVELOPE_FILE,
      bytes: Buffer.from(envelope),
      mediaType: 'application/json',
      about: 'the signed statement',
    },
  ]
}

/** Writes a folder so that it is there whole or not at all, and stays after a power cut. */
const writeFolder = (dir: string, files: readonly DossierFile[]): void => {
  const temporary = `${dir}.new`
  rmSync(temporary, { recursive: true, force: true })
  for (const file of files) {
    const target = path.join(temporary, file.path)
    mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 })
    const fd = openSync(target, 'wx', 0o600)
    try {
      writeSync(fd, file.bytes)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    syncFolder(path.dirname(target))
  }
  if (existsSync(dir)) rmSync(dir, { recursive: true })
  renameSync(temporary, dir)
  syncFolder(path.dirname(dir))
}

/**
 * Builds, signs and keeps the dossier of a run, then tells the run. Safe to repeat: a run that has its
 * dossier already is left alone. Called by the doer of the `build-dossier` effect.
 */
export const buildDossier = async (
  options: DossierOptions,
  workspaceId: WorkspaceId,
  runId: RunId,
): Promise<void> => {
  const data = await collectDossier(options.engine, workspaceId, runId, options.readLedger)
  if (data.view.run.dossierDigest !== null) return
  const files = await makeFiles(options, workspaceId, data)
  writeFolder(getDossierDir(options.home, runId), files)
  const index = files.find((file) => file.path === INDEX_FILE)
  try {
    await options.engine.submit(
      {
        type: 'RecordDossier',
        workspaceId,
        runId,
        digest: sha256(index?.bytes ?? ''),
        verdict: data.judgement.verdict,
        keyId: options.keys.keyId,
        artifacts: data.artifacts.length,
      },
      { by: { kind: 'engine', id: 'dossier' } },
    )
  } catch (error) {
    // Somebody resumed the run meanwhile; its next end builds another dossier.
    if (!hasCode(error, 'INVALID_TRANSITION') && !hasCode(error, 'CONFLICT')) throw error
  }
}
