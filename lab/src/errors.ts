/** Why a lab could not be used. */
export type LabErrorCode = 'LAB_PRIVILEGE' | 'LAB_TOOL_MISSING' | 'LAB_COMMAND'

/** Thrown by {@link openLab} and by the commands run in it; match on `code`. */
export class LabError extends Error {
  override readonly name = 'LabError'
  readonly code: LabErrorCode

  constructor(code: LabErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
