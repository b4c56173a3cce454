import { ActionIcon, Button, NumberInput, Popover, Select, Slider } from '@mantine/core'
import { IconLayersIntersect, IconUsersGroup } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Study } from '@/api/types'
import { formatDate } from '@/ui/format'
import type { Viewer } from '@/viewer/viewer'
import type { StackView } from '@/viewer/stackView'
import { COLORMAPS, type ColormapName } from '@/viewer/volume/colormaps'
import type { Fusion } from '@/viewer/volume/reformat'

import { useViewerState } from '../useViewerState'
import { fusionCandidates } from './candidates'
import classes from './planes.module.css'

const NOTHING = ''

interface FusionMenuProps {
  viewer: Viewer
  studies: readonly Study[]
}

/** What lies over the active viewport, and how. */
export function FusionMenu({ viewer, studies }: FusionMenuProps) {
  const { t } = useTranslation('volume')
  const state = useViewerState(viewer, (v) => v.activeView?.state ?? null)
  const view = viewer.activeView
  const own = state?.series ?? null
  const fusion = state?.fusion ?? null
  const [wanted, setWanted] = useState<string | null>(null)
  const candidates = own ? fusionCandidates(studies, own) : []
  const data = [
    { value: NOTHING, label: t('fusion.none') },
    ...candidates.map(({ study, series }) => ({
      value: series.series_instance_uid,
      label: t('fusion.series', {
        modality: series.modality,
        date: study.study_date ? formatDate(study.study_date) : '',
        name: series.description,
      }),
    })),
  ]
  return (
    <Popover position="top-start" width={300} trapFocus disabled={own === null}>
      <Popover.Target>
        <ActionIcon
          variant={fusion ? 'light' : 'subtle'}
          color={fusion ? 'accent' : 'gray'}
          size={30}
          aria-label={t('fusion.label')}
          disabled={own === null}
        >
          <IconLayersIntersect size={18} stroke={1.6} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p={4}>
        <div className={classes.section}>
          {candidates.length === 0 ? (
            <p className={classes.hint}>{t('fusion.nothing')}</p>
          ) : (
            <Select
              size="xs"
              label={t('fusion.choose')}
              data={data}
              value={fusion?.series_instance_uid ?? NOTHING}
              allowDeselect={false}
              comboboxProps={{ withinPortal: false }}
              onChange={(uid) => {
                setWanted(uid || null)
                if (view) void viewer.planes.fuse(view, uid || null, 'user')
              }}
            />
          )}
          {view && wanted && state?.planes.fusion_refusal?.code === 'other_identity' && (
            <AskToCompare viewer={viewer} view={view} wanted={wanted} />
          )}
        </div>
        {view && fusion && <FusionControls view={view} fusion={fusion} />}
      </Popover.Dropdown>
    </Popover>
  )
}

/** The same question as where another identity would stand beside this one. */
function AskToCompare({ viewer, view, wanted }: { viewer: Viewer; view: StackView; wanted: string }) {
  const { t } = useTranslation(['volume', 'hanging'])
  const compare = () => {
    viewer.comparison.choose(true, 'user')
    void viewer.planes.fuse(view, wanted, 'user')
  }
  return (
    <div className={classes.ask} role="alert" data-testid="fusion-identity">
      <p>{t('refusal.fusion.other_identity')}</p>
      <Button size="xs" variant="default" leftSection={<IconUsersGroup size={14} />} onClick={compare}>
        {t('hanging:comparison.begin')}
      </Button>
    </div>
  )
}

function FusionControls({ view, fusion }: { view: StackView; fusion: Fusion }) {
  const { t } = useTranslation('volume')
  const change = (part: Partial<Fusion>) => view.planes.changeFusion(part)
  const { lower, upper } = fusion.range
  const bound = (key: 'lower' | 'upper') => (value: string | number) => {
    const next = { ...fusion.range, [key]: Number(value) }
    if (value !== '' && next.lower < next.upper) change({ range: next })
  }
  return (
    <div className={classes.section}>
      <div>
        <div className={classes.heading} id="fusion-opacity">
          {t('fusion.opacity')}
        </div>
        <Slider
          size="sm"
          min={0}
          max={100}
          step={5}
          value={Math.round(fusion.opacity * 100)}
          label={(value) => `${value} %`}
          thumbLabel={t('fusion.opacity')}
          onChange={(value) => change({ opacity: value / 100 })}
        />
      </div>
      <Select
        size="xs"
        label={t('fusion.colormap')}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
        data={COLORMAPS.map((value) => ({ value, label: t(`colormap.${value}`) }))}
        value={fusion.colormap}
        onChange={(value) => value && change({ colormap: value as ColormapName })}
      />
      <div className={classes.range}>
        <NumberInput size="xs" label={t('fusion.from')} value={lower} onChange={bound('lower')} />
        <NumberInput size="xs" label={t('fusion.to')} value={upper} onChange={bound('upper')} />
      </div>
      <div className={classes.hint}>{t('fusion.below')}</div>
    </div>
  )
}
