import type { filesEn } from './catalogue-files-en.ts';

/** What the client says about files, in German. */
export const filesDe: typeof filesEn = {
  attach: 'Dateien anhängen',
  drop: 'Dateien hier ablegen, um sie anzuhängen',
  attached: 'Angehängte Dateien',
  progress: (percent) => `${percent} %`,
  phases: {
    uploading: 'Wird hochgeladen …',
    waiting: 'Wartet auf die Verbindung und geht dann von selbst weiter',
    paused: 'Angehalten',
    finishing: 'Gleich fertig …',
    done: 'Hochgeladen',
    failed: 'Nicht hochgeladen',
    cancelled: 'Abgebrochen',
  },
  pause: (name) => `${name} anhalten`,
  resume: (name) => `${name} fortsetzen`,
  retry: (name) => `${name} noch einmal versuchen`,
  remove: (name) => `${name} entfernen`,
  untilUploaded: 'Die Nachricht kann gesendet werden, wenn alles hochgeladen ist.',
  tooMany: (most) => `Eine Nachricht kann ${most} Dateien haben.`,
  tooLarge: (most) => `Die Datei ist größer als ${most}.`,
  quota: (free) => `Ihre Dateien brauchen zu viel Platz; ${free} sind noch frei.`,
  blocked: (extension) => `Dateien der Art .${extension} sind hier nicht erlaubt.`,
  refusedName: 'Dieser Name kann nicht verwendet werden.',
  storeAway: 'Die Dateiablage ist nicht erreichbar; es geht von selbst weiter',
  download: (name) => `${name} herunterladen`,
  downloadFailed: 'Die Datei konnte nicht geladen werden.',
  open: (name) => `${name} vergrößern`,
  picture: (name) => `Bild ${name}`,
  pictureFailed: 'Das Bild konnte nicht geladen werden.',
  state: {
    scanning: 'Wird geprüft …',
    refused: 'Von der Prüfung abgelehnt',
    gone: 'Nicht mehr vorhanden',
  },
};
