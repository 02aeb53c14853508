// The package's index only adds a warning about Node releases without long-term support; what it offers lies here.
declare module "oidc-provider/lib/provider.js" {
  export { Provider } from "oidc-provider";
}

declare module "oidc-provider/lib/helpers/errors.js" {
  import { errors } from "oidc-provider";
  export const InvalidTarget: typeof errors.InvalidTarget;
}
