/** Why pixels did not come. The screen has a sentence for each. */
export type PixelErrorCode =
  | 'offline'
  | 'access_ended'
  | 'not_found'
  | 'evicted'
  | 'server'
  | 'not_decodable'
  | 'no_images'

export class PixelError extends Error {
  readonly code: PixelErrorCode
  readonly request_id: string

  constructor(code: PixelErrorCode, message: string, request_id = '') {
    super(message)
    this.name = 'PixelError'
    this.code = code
    this.request_id = request_id
  }
}

export const toPixelError = (error: unknown): PixelError =>
  error instanceof PixelError
    ? error
    : new PixelError('not_decodable', error instanceof Error ? error.message : String(error))
