import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { sha256 } from '@ropewalk/core/canonical'
import type { DossierSummary } from '@ropewalk/core/contract/api/records'
import { openEnvelope } from '@ropewalk/core/dossier/envelope'
import { DossierIndex, ENVELOPE_FILE, INDEX_FILE, MANIFEST_FILE } from '@ropewalk/core/dossier/index-file'
import { RopewalkError } from '@ropewalk/core/errors'
import { z } from 'zod'
import type { RunView } from '../../engine/contract.ts'
import { getDossierDir } from '../../engine/dossier/build-dossier.ts'
import type { SigningKeys } from '../../store/keys/signing-keys.ts'

/** The part of `dossier.json` that a summary shows. */
const ManifestPart = z.object({
  requirements: z.array(
    z.object({ id: z.string(), title: z.string(), verdict: z.string(), reasons: z.array(z.string()) }),
  ),
  gaps: z.array(z.object({ text: z.string() })),
})

const findFile = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

/** What a file of ours says, or undefined where somebody changed it beyond recognition. */
const parseFile = <T extends z.ZodType>(source: string | undefined, contract: T): z.infer<T> | undefined => {
  if (source === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  const parsed = contract.safeParse(value)
  return parsed.success ? parsed.data : undefined
}

/** The id of that key of ours which signed this index; null where none did. */
const findSigner = (keys: SigningKeys, envelope: string | undefined, indexDigest: string): string | null => {
  for (const key of keys.publicKeys) {
    const opened = openEnvelope(Buffer.from(envelope ?? ''), key)
    if ('statement' in opened && opened.statement.subject[0]?.digest.sha256 === indexDigest)
      return opened.keyId
  }
  return null
}

/**
 * The summary of a run's dossier, from the folder where it lies on this machine. It compares the index
 * with the digest in the ledger; `ropewalk dossier verify` checks every file. Throws NOT_FOUND before it is published.
 */
export const readDossierSummary = async (
  { home, keys }: { readonly home: string; readonly keys: SigningKeys },
  { run }: RunView,
): Promise<DossierSummary> => {
  const { dossierDigest } = run
  if (dossierDigest === null) {
    throw new RopewalkError('NOT_FOUND', `The run has no dossier yet; it is ${run.status}.`, {
      details: { status: run.status },
    })
  }
  const folder = getDossierDir(home, run.id)
  const source = await findFile(path.join(folder, INDEX_FILE))
  const index = parseFile(source, DossierIndex)
  const isIndexIntact = source !== undefined && sha256(source) === dossierDigest
  const envelope = await findFile(path.join(folder, ENVELOPE_FILE))
  const manifest = parseFile(await findFile(path.join(folder, MANIFEST_FILE)), ManifestPart)
  return {
    runId: run.id,
    digest: dossierDigest,
    verdict: run.verdict,
    simulated: run.simulated,
    isHere: source !== undefined,
    folder: source === undefined ? null : folder,
    page: source === undefined ? null : path.join(folder, 'index.html'),
    isIndexIntact,
    keyId: isIndexIntact ? findSigner(keys, envelope, dossierDigest) : null,
    requirements: manifest?.requirements ?? [],
    gaps: manifest?.gaps.map(({ text }) => text) ?? [],
    files: index?.files ?? [],
  }
}
