/** Style sheets of pages that are loaded when they are needed. */
declare module "*.css";
