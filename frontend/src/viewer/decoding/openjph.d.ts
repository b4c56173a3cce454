/** The part of OpenJPH's WebAssembly build that we call; the package brings no types. */
declare module '@cornerstonejs/codec-openjph/wasmjs' {
  export interface Htj2kDecoder {
    getEncodedBuffer(length: number): Uint8Array<ArrayBuffer>
    readHeader(): void
    decode(): void
    getFrameInfo(): {
      readonly width: number
      readonly height: number
      readonly bitsPerSample: number
      readonly componentCount: number
      readonly isSigned: boolean
    }
    getDecodedBuffer(): Uint8Array<ArrayBuffer>
    delete(): void
  }
  export interface OpenJph {
    readonly HTJ2KDecoder: new () => Htj2kDecoder
  }
  export default function create(options: {
    locateFile: (name: string) => string
  }): Promise<OpenJph>
}

declare module '@cornerstonejs/codec-openjph/wasm?url' {
  const url: string
  export default url
}
