#include "gstx.h"

static gint32
kind_of (const GValue * value)
{
  switch (G_VALUE_TYPE (value)) {
    case G_TYPE_BOOLEAN: return GSTX_BOOL;
    case G_TYPE_INT: return GSTX_INT;
    case G_TYPE_UINT: return GSTX_UINT;
    case G_TYPE_INT64: return GSTX_INT64;
    case G_TYPE_UINT64: return GSTX_UINT64;
    case G_TYPE_DOUBLE: return GSTX_DOUBLE;
    case G_TYPE_STRING: return GSTX_STRING;
  }
  return GSTX_OTHER;
}

static gboolean
load_field (GQuark name, const GValue * value, gpointer data)
{
  GstxValue *v = data;
  GstxField *f = &v->fields[v->n_fields++];

  f->name = g_quark_to_string (name);
  gstx_value_load (&f->value, kind_of (value), value);
  return TRUE;
}

/* Reads a GValue of the kind; v is zero before and cleared after. */
void
gstx_value_load (GstxValue * v, gint32 kind, const GValue * value)
{
  guint i;

  v->kind = kind;
  switch (kind) {
    case GSTX_BOOL: v->i = g_value_get_boolean (value); break;
    case GSTX_INT: v->i = g_value_get_int (value); break;
    case GSTX_UINT: v->i = g_value_get_uint (value); break;
    case GSTX_INT64: v->i = g_value_get_int64 (value); break;
    case GSTX_UINT64: v->i = (gint64) g_value_get_uint64 (value); break;
    case GSTX_DOUBLE: v->d = g_value_get_double (value); break;
    case GSTX_ENUM: case GSTX_ORIENTATION: v->i = g_value_get_enum (value); break;
    case GSTX_FLAGS: v->i = g_value_get_flags (value); break;
    case GSTX_STRING: v->s = g_value_dup_string (value); break;
    case GSTX_FRACTION:
      v->num = gst_value_get_fraction_numerator (value);
      v->den = gst_value_get_fraction_denominator (value);
      break;
    case GSTX_STRUCTURE:{
      const GstStructure *s = gst_value_get_structure (value);
      if (!s)
        break;
      v->s = gst_structure_to_string (s);
      v->fields = g_new0 (GstxField, MAX (gst_structure_n_fields (s), 1));
      gst_structure_foreach (s, load_field, v);
      break;
    }
    case GSTX_INTS:
      v->n_ints = (gint32) gst_value_array_get_size (value);
      for (i = 0; i < (guint) v->n_ints && i < GSTX_MAX_INTS; i++)
        v->ints[i] = g_value_get_int (gst_value_array_get_value (value, i));
      break;
  }
}

void
gstx_value_clear (GstxValue * v)
{
  guint64 i;

  for (i = 0; i < v->n_fields; i++)
    gstx_value_clear (&v->fields[i].value);
  g_free (v->fields);
  g_free (v->s);
}

/* Writes v into an initialised GValue of its kind. */
void
gstx_value_store (const GstxValue * v, GValue * value)
{
  gint32 i;

  switch (v->kind) {
    case GSTX_BOOL: g_value_set_boolean (value, v->i != 0); break;
    case GSTX_INT: g_value_set_int (value, (gint) v->i); break;
    case GSTX_UINT: g_value_set_uint (value, (guint) v->i); break;
    case GSTX_INT64: g_value_set_int64 (value, v->i); break;
    case GSTX_UINT64: g_value_set_uint64 (value, (guint64) v->i); break;
    case GSTX_DOUBLE: g_value_set_double (value, v->d); break;
    case GSTX_ENUM: case GSTX_ORIENTATION: g_value_set_enum (value, (gint) v->i); break;
    case GSTX_FLAGS: g_value_set_flags (value, (guint) v->i); break;
    case GSTX_FRACTION:
      gst_value_set_fraction (value, v->num, v->den ? v->den : 1);
      break;
    case GSTX_STRING: g_value_set_string (value, v->s); break;
    case GSTX_STRUCTURE:{
      GstStructure *s = v->s ? gst_structure_from_string (v->s, NULL) : NULL;
      gst_value_set_structure (value, s);
      if (s)
        gst_structure_free (s);
      break;
    }
    case GSTX_INTS:
      for (i = 0; i < v->n_ints && i < GSTX_MAX_INTS; i++) {
        GValue n = G_VALUE_INIT;
        g_value_init (&n, G_TYPE_INT);
        g_value_set_int (&n, v->ints[i]);
        gst_value_array_append_and_take_value (value, &n);
      }
      break;
  }
}
