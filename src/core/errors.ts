// Every error that Ocellus throws on purpose. Its message is one sentence that says what is wrong and what to do.

/** Base of all errors thrown on purpose; the command line prints the message alone, without a stack trace. */
export class OcellusError extends Error {
  override readonly name: string = 'OcellusError'
}

/** Shapes that do not fit the operation. The message names the op, the shapes and the user's line. */
export class ShapeError extends OcellusError {
  override readonly name: string = 'ShapeError'
}

/** A dtype that an operation does not take. */
export class DTypeError extends OcellusError {
  override readonly name: string = 'DTypeError'
}

/** A file that is not what it should be. The message names the file and the field. */
export class FormatError extends OcellusError {
  override readonly name: string = 'FormatError'
}

/** A device that cannot do what was asked: memory, features, state. */
export class DeviceError extends OcellusError {
  override readonly name: string = 'DeviceError'
}

/** An option or argument with a value that makes no sense. */
export class UsageError extends OcellusError {
  override readonly name: string = 'UsageError'
}
