import type { FrameImage } from './frameImage'

/** Pictures by image id; what was asked for longest ago leaves first. */
export class FrameCache {
  private readonly images = new Map<string, FrameImage>()
  private held_bytes = 0
  private readonly limit_bytes: () => number

  constructor(limit_bytes: () => number) {
    this.limit_bytes = limit_bytes
  }

  get(image_id: string): FrameImage | null {
    const image = this.images.get(image_id)
    if (image === undefined) return null
    this.images.delete(image_id)
    this.images.set(image_id, image)
    return image
  }

  /** Without counting as a use: progress is read often, and of every picture. */
  has(image_id: string): boolean {
    return this.images.has(image_id)
  }

  put(image: FrameImage): void {
    const limit_bytes = this.limit_bytes()
    if (this.images.has(image.imageId) || image.sizeInBytes > limit_bytes) return
    this.images.set(image.imageId, image)
    this.held_bytes += image.sizeInBytes
    for (const [id, oldest] of this.images) {
      if (this.held_bytes <= limit_bytes) return
      this.images.delete(id)
      this.held_bytes -= oldest.sizeInBytes
    }
  }

  forget(image_id: string): void {
    this.held_bytes -= this.images.get(image_id)?.sizeInBytes ?? 0
    this.images.delete(image_id)
  }
}
