// The package's index only adds a warning about Node releases without long-term support; the provider itself lies here.
declare module "oidc-provider/lib/provider.js" {
  export { Provider } from "oidc-provider";
}
