import { createPublicKey } from 'node:crypto'
import path from 'node:path'
import { sha256 } from '@ropewalk/core/canonical'
import { INDEX_FILE } from '@ropewalk/core/dossier/index-file'
import { hasCode } from '@ropewalk/core/errors'
import type { RunId, WorkspaceId } from '@ropewalk/core/ids'
import type { KeptRow } from '@ropewalk/core/ledger/verify'
import type { SigningKeys } from '../../store/keys/signing-keys.ts'
import type { Engine } from '../contract.ts'
import { listCodeChanges } from './code-changes.ts'
import { collectDossier, type DossierData } from './collect-dossier.ts'
import { makeContentFiles } from './make-files.ts'
import { signFiles } from './sign-files.ts'
import { type DossierFile, writeFolder } from './write-folder.ts'

export type DossierOptions = {
  readonly engine: Engine
  readonly home: string
  readonly keys: SigningKeys
  readonly readLedger: (workspaceId: WorkspaceId, stream: string) => AsyncIterable<KeptRow>
}

/** Where the dossier of a run lies on this machine. */
export const getDossierDir = (home: string, runId: string): string => path.join(home, 'dossiers', runId)

const makeFiles = async (
  { engine, home, keys }: DossierOptions,
  workspaceId: WorkspaceId,
  data: DossierData,
): Promise<DossierFile[]> => {
  const readBlob = (digest: string) => engine.blobs.read(workspaceId, digest)
  const content = await makeContentFiles(data, {
    readBlob,
    listChanged: await listCodeChanges({ home, runId: data.view.run.id, readBlob }, data.artifacts),
    publicKey: createPublicKey(keys.privateKey).export({ type: 'spki', format: 'pem' }).toString(),
    keyId: keys.keyId,
  })
  return signFiles(data, content, keys)
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
