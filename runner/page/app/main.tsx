/** The script of the page. It reads the data that stands in the document, and draws it. */
import { render } from 'preact';
import { DATA_ELEMENT, isPageData, ROOT_ELEMENT } from '../page-data.js';
import { Page } from './page.js';

const root = document.getElementById(ROOT_ELEMENT);
const text = document.getElementById(DATA_ELEMENT)?.textContent ?? '';
if (root !== null) {
  const data: unknown = JSON.parse(text);
  if (isPageData(data)) render(<Page first={data} />, root);
  else root.textContent = 'This page holds no record that it can show. Write it again with "spotpool report".';
}
