import { RopewalkError } from '@ropewalk/core/errors'

export type FormFile = { readonly name: string; readonly bytes: Buffer }

/** A form with one file has one part; a few more are fields that some pages add. */
const MAX_PARTS = 10

const BOUNDARY = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))/iu

const refuse = (message: string, cause?: unknown): RopewalkError =>
  new RopewalkError('INVALID_ARGUMENT', message, cause === undefined ? {} : { cause })

const countParts = (body: Buffer, boundary: string): number => {
  const mark = Buffer.from(`--${boundary}`)
  let count = 0
  for (let at = body.indexOf(mark); at >= 0 && count <= MAX_PARTS; at = body.indexOf(mark, at + mark.length))
    count += 1
  return count
}

const parse = async (body: Buffer, contentType: string): Promise<FormData> => {
  try {
    return await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData()
  } catch (error) {
    throw refuse('The form cannot be read; send multipart/form-data with one file, as a browser does.', error)
  }
}

/**
 * The one file of a form that is in memory already, so that its size is bounded, by the parser that Node
 * itself has. Throws INVALID_ARGUMENT for what is no form, and for no file or several.
 */
export const readFormFile = async (body: Buffer, contentType: string): Promise<FormFile> => {
  const match = BOUNDARY.exec(contentType)
  const boundary = match?.[1] ?? match?.[2]
  if (boundary === undefined)
    throw refuse('The form names no boundary; let the browser set the content type.')
  if (countParts(body, boundary) > MAX_PARTS)
    throw refuse(`Expected a form of fewer than ${MAX_PARTS} parts.`)
  const form = await parse(body, contentType)
  const files = [...form.values()].filter((value) => typeof value !== 'string')
  const [file] = files
  if (file === undefined || files.length > 1)
    throw refuse(`Expected one file in the form, got ${files.length}. Send each file by itself.`)
  return { name: file.name, bytes: Buffer.from(await file.arrayBuffer()) }
}
