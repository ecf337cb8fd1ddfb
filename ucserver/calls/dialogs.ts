import type {
  SrfApplication,
  SrfDialog,
  SrfLateOffer,
  SrfRequest,
  SrfResponder,
  UacOptions,
  UacProgress,
  UasOptions,
} from '#ucserver/sip/index.ts';

/**
 * drachtio-srf answers by itself what comes in a dialog to which nobody listens, and what comes at once may do so before a promise is
 * settled. In dialogs that are made here requests wait until `queueRequests` is taken back.
 */

/** Accepts an INVITE. @throws Error when it was cancelled or its edge is gone */
export function acceptInvite(
  application: SrfApplication,
  request: SrfRequest,
  response: SrfResponder,
  options: UasOptions,
): Promise<SrfDialog> {
  return new Promise((resolve, reject) => {
    application.createUAS(request, response, options, (error, dialog) => {
      if (dialog === undefined) reject(error ?? new Error('no dialog'));
      else {
        dialog.queueRequests = true;
        resolve(dialog);
      }
    });
  });
}

/** Sends an INVITE; without `localSdp` the answer is asked for an offer. @throws Error with `status` and `res` of a refusal, without when it could not be sent */
export function sendInvite(
  application: SrfApplication,
  uri: string,
  options: UacOptions,
  progress: UacProgress,
): Promise<SrfDialog | SrfLateOffer> {
  const whole = options.localSdp === undefined ? ({ ...options, noAck: true } as const) : options;
  return new Promise((resolve, reject) => {
    application.createUAC(uri, whole, progress, (error, result) => {
      if (result === undefined) {
        reject(error ?? new Error('no dialog'));
        return;
      }
      if (!isLateOffer(result)) result.queueRequests = true;
      resolve(result);
    });
  });
}

export function isLateOffer(result: SrfDialog | SrfLateOffer): result is SrfLateOffer {
  return 'sdp' in result;
}
