import { countGuessed, RECORD_LIMITS } from '@ropewalk/core/contract/records'
import { UploadedRecords, UploadQuery } from '@ropewalk/core/contract/api/uploads'
import { RopewalkError } from '@ropewalk/core/errors'
import type { WorkspaceId } from '@ropewalk/core/ids'
import type { FastifyInstance } from 'fastify'
import { readRecords } from '../../ingest/read-records.ts'
import { scanUpload } from '../../ingest/scan-upload.ts'
import { MAX_BLOB_BYTES } from '../../store/blobs.ts'
import type { HttpContext } from '../context.ts'
import { readFormFile, type FormFile } from '../read-form-file.ts'
import { addRoute } from '../route.ts'

/** What programs say of a table; the last is what Windows says of CSV. None of it is trusted. */
const RAW_TYPES = [
  'application/octet-stream',
  'text/csv',
  'text/plain',
  'text/tab-separated-values',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.ms-excel',
]

const FORM_TYPE = 'multipart/form-data'

/** Room for the parts around the file in a form. */
const FORM_BYTES = 16_384

const takeFiles = (scope: FastifyInstance): void => {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(
    [...RAW_TYPES, FORM_TYPE],
    { parseAs: 'buffer', bodyLimit: RECORD_LIMITS.bytes + FORM_BYTES },
    (_request, body, parsed) => parsed(null, body),
  )
  scope.addContentTypeParser('*', (_request, _body, parsed) => {
    const message = `Send the file as the body, as ${RAW_TYPES.slice(0, 2).join(' or ')}, or in a form as ${FORM_TYPE}.`
    parsed(new RopewalkError('UNSUPPORTED_MEDIA_TYPE', message))
  })
}

const readFile = async (body: unknown, contentType: string, name: string | undefined): Promise<FormFile> => {
  if (!Buffer.isBuffer(body))
    throw new RopewalkError('INVALID_ARGUMENT', 'Send the bytes of the file as the body.')
  if (contentType.trimStart().toLowerCase().startsWith(FORM_TYPE)) {
    const file = await readFormFile(body, contentType)
    return { ...file, name: name ?? file.name }
  }
  if (name === undefined)
    throw new RopewalkError('INVALID_ARGUMENT', 'Name the file in the address: /v1/uploads?name=work.csv')
  return { name, bytes: body }
}

/** Scans and reads a file, then keeps its bytes and its records, in this order: what is refused leaves nothing. */
export const keepFile = async (
  { engine, config }: HttpContext,
  workspaceId: WorkspaceId,
  { name, bytes }: FormFile,
): Promise<UploadedRecords> => {
  if (config.uploadScan !== undefined) await scanUpload(bytes, { argv: config.uploadScan })
  const records = await readRecords(bytes, name)
  const json = Buffer.from(JSON.stringify(records))
  if (json.length > MAX_BLOB_BYTES) {
    throw new RopewalkError(
      'PAYLOAD_TOO_LARGE',
      `The records of the file come to ${json.length} bytes, more than the ${MAX_BLOB_BYTES} that are kept. Split the file.`,
    )
  }
  const digest = await engine.blobs.put(workspaceId, bytes)
  const recordsDigest = await engine.blobs.put(workspaceId, json)
  return {
    digest,
    recordsDigest,
    name: records.source.name,
    mediaType: records.source.mediaType,
    bytes: bytes.length,
    rows: records.rows.length,
    guessed: countGuessed(records.rows),
    columns: records.columns,
    warningCount: records.warnings.length,
    warnings: records.warnings.slice(0, 50),
    preview: records.rows.slice(0, 5),
  }
}

/** Taking tables of records. A scope of its own, so that no other route takes such bodies. */
export const addUploadRoutes = (app: FastifyInstance, context: HttpContext): void => {
  void app.register((scope, _options, done) => {
    takeFiles(scope)
    addRoute(scope, {
      method: 'POST',
      path: '/v1/uploads',
      name: 'uploadRecords',
      about:
        'Reads a CSV or XLSX file of records, as the body or in a form, and keeps it with what was read.',
      query: UploadQuery,
      answer: UploadedRecords,
      bodyLimit: RECORD_LIMITS.bytes + FORM_BYTES,
      handle: async ({ query, caller, request }) => {
        const file = await readFile(request.body, request.headers['content-type'] ?? '', query.name)
        return keepFile(context, caller.workspaceId, file)
      },
    })
    done()
  })
}
