import { ActionIcon, Tooltip } from '@mantine/core'
import { IconStar, IconStarOff } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import { formatTime } from '@/ui/format'
import type { Viewer } from '@/viewer/viewer'

import type { KeyImageStore } from './keyImageStore'
import classes from './panels.module.css'

interface KeyImageListProps {
  viewer: Viewer
  store: KeyImageStore
}

/** The key images of the case; one click goes there. */
export function KeyImageList({ viewer, store }: KeyImageListProps) {
  const { t } = useTranslation('tools')
  return (
    <section aria-label={t('keyImage.title')}>
      <h2 className={classes.listTitle}>{t('keyImage.title')}</h2>
      {store.items.length === 0 && (
        <p className={classes.empty}>
          {t(store.write ? 'keyImage.none' : 'keyImage.noneReadOnly')}
        </p>
      )}
      <ul className={classes.list}>
        {store.items.map((item, index) => (
          <li key={item.id} className={classes.row}>
            <button
              type="button"
              className={classes.rowMain}
              onClick={() => void viewer.jumpTo(item, null)}
            >
              <IconStar size={15} aria-hidden />
              <span className={classes.rowText}>
                <span>{item.note || t('keyImage.numbered', { number: index + 1 })}</span>
                <span className={classes.dim}>
                  {[item.author.display_name, formatTime(item.created_at)].join(' · ')}
                </span>
              </span>
            </button>
            {store.write && (
              <Tooltip label={t('keyImage.remove')}>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size={24}
                  aria-label={t('keyImage.remove')}
                  onClick={() => store.write?.remove(item.id)}
                >
                  <IconStarOff size={15} />
                </ActionIcon>
              </Tooltip>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
