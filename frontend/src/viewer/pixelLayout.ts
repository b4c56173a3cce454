/** How the pixels of an image lie in its bytes (PS3.3 C.7.6.3). */
export interface PixelLayout {
  readonly columns: number
  readonly rows: number
  readonly samples_per_pixel: number
  readonly photometric_interpretation: string
  readonly planar_configuration: number
  readonly bits_allocated: number
  readonly bits_stored: number
  readonly pixel_representation: number
}
