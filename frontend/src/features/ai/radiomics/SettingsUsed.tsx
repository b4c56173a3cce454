import { useTranslation } from 'react-i18next'

import type { Radiomics } from '@/api/radiomics'

import { shownValue } from './families'
import classes from './Radiomics.module.css'

/** What these values depend on: without it none of them can be repeated. */
export function SettingsUsed({ found }: { found: Radiomics }) {
  const { t } = useTranslation('radiomics')
  const { settings, processing, analysis } = found
  const unit = settings.intensity_unit === '1' ? '' : ` ${settings.intensity_unit}`
  const bound = (value: number | null | undefined): string => (value === null || value === undefined ? t('used.open') : `${value}${unit}`)
  const range = settings.resegmentation_range
  const spacing = processing.spacing_mm.map(shownValue).join(' × ')
  const facts: [string, string][] = [
    [t('used.intensities'), t(`used.intensity.${settings.intensity}`, { unit: settings.intensity_unit })],
    [
      t('used.levels'),
      settings.discretisation === 'fixed_bin_size'
        ? t('used.bySize', { size: settings.bin_size, unit, levels: processing.grey_levels })
        : t('used.byNumber', { count: settings.bin_number, levels: processing.grey_levels }),
    ],
    [t('used.range'), range ? t('used.fromTo', { low: bound(range[0]), high: bound(range[1]) }) : t('used.all')],
    [
      t('used.voxels'),
      settings.resampled_spacing_mm
        ? t('used.resampled', { spacing, image: settings.interpolation, mask: settings.mask_interpolation, share: settings.partial_volume_threshold })
        : t('used.asIs', { spacing }),
    ],
    [t('used.segment'), t(found.revision === 0 ? 'used.countedImported' : 'used.counted', { voxels: processing.voxels, counted: processing.voxels_counted, slices: processing.slices, revision: found.revision })],
    [t('used.analysis'), `${analysis.name} ${analysis.version}`],
  ]
  return (
    <dl className={classes.used} aria-label={t('used.title')}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
