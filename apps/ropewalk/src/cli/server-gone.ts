/** The server went away or was never there; another may take its place. */
export class ServerGone extends Error {
  override readonly name = 'ServerGone'
}
