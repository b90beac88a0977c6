import { api } from "../state/api";
import { noteCamera } from "../state/house";
import { tellError } from "../state/notices";
import type { CameraChange } from "../wire.gen";

export async function retryCamera(name: string): Promise<void> {
  try {
    await api.retryCamera(name);
  } catch (error) {
    tellError(error);
  }
}

/** Change a camera; says so when the server refuses. Returns whether it was changed. */
export async function changeCamera(name: string, change: CameraChange): Promise<boolean> {
  try {
    noteCamera(await api.changeCamera(name, change));
    return true;
  } catch (error) {
    tellError(error);
    return false;
  }
}
