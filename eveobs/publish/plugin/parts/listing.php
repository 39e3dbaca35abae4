<?php
/**
 * Lists of documents: a block and a shortcode.
 *
 * @package eveobs
 */

namespace Eveobs;

defined( 'ABSPATH' ) || exit;

/** The attributes of a list, with their defaults. */
function list_defaults(): array {
	return array(
		'kind'     => 'contract',
		'region'   => '',
		'category' => '',
		'status'   => '',
		'search'   => '',
		'sort'     => '-date',
		'per_page' => '20',
		'columns'  => '',
		'filter'   => 'yes',
	);
}

/** `[eveobs kind="contract" …]`. */
function shortcode( $attributes ): string {
	return documents( shortcode_atts( list_defaults(), (array) $attributes, 'eveobs' ) );
}

/** The block `eveobs/documents`, with the attributes of the shortcode. */
function block() {
	wp_register_script( 'eveobs-block', false, array( 'wp-blocks', 'wp-element', 'wp-block-editor', 'wp-components', 'wp-server-side-render' ), VERSION, true ); // phpcs:ignore
	wp_add_inline_script( 'eveobs-block', 'window.eveobsKinds = ' . wp_json_encode( array_map( static fn( $kind ) => $kind['plural'], kinds() ) ) . ';' . BLOCK );
	$attributes = array();
	foreach ( list_defaults() as $name => $text ) {
		$attributes[ $name ] = array(
			'type'    => 'string',
			'default' => $text,
		);
	}
	register_block_type(
		'eveobs/documents',
		array(
			'api_version'     => 2,
			'title'           => 'EVE documents',
			'description'     => 'Contracts, blueprints, characters or corporations that eveobs published.',
			'category'        => 'widgets',
			'icon'            => 'star-filled',
			'attributes'      => $attributes,
			'editor_script'   => 'eveobs-block',
			'render_callback' => static fn( $given ) => documents( array_intersect_key( $given, list_defaults() ) + list_defaults() ),
		)
	);
}

const BLOCK = <<<'JS'
( function ( blocks, element, editor, components, Render ) {
	var el = element.createElement;
	blocks.registerBlockType( 'eveobs/documents', {
		edit: function ( props ) {
			function text( name, label ) {
				return el( components.TextControl, { key: name, label: label, value: props.attributes[ name ],
					onChange: function ( value ) { var change = {}; change[ name ] = value; props.setAttributes( change ); } } );
			}
			var kinds = Object.keys( window.eveobsKinds ).map( function ( kind ) { return { value: kind, label: window.eveobsKinds[ kind ] }; } );
			return el( 'div', editor.useBlockProps(),
				el( editor.InspectorControls, null, el( components.PanelBody, { title: 'What is listed' },
					el( components.SelectControl, { label: 'Kind', value: props.attributes.kind, options: kinds,
						onChange: function ( value ) { props.setAttributes( { kind: value } ); } } ),
					text( 'region', 'Region' ), text( 'category', 'Category' ), text( 'status', 'Status' ), text( 'search', 'Words' ),
					text( 'sort', 'Sort by (-date, title, price …)' ), text( 'per_page', 'On a page' ), text( 'columns', 'Columns' ), text( 'filter', 'Search form: yes or no' ) ) ),
				el( Render, { block: 'eveobs/documents', attributes: props.attributes } ) );
		},
		save: function () { return null; }
	} );
} )( window.wp.blocks, window.wp.element, window.wp.blockEditor, window.wp.components, window.wp.serverSideRender );
JS;

/** A list of documents as HTML. `$given` has the attributes of the shortcode. */
function documents( array $given ): string {
	static $number = 0;
	$kind = (string) $given['kind'];
	if ( ! isset( kinds()[ $kind ] ) ) {
		return current_user_can( 'edit_posts' ) ? '<p>' . inert( esc_html( "eveobs: there is no kind \"$kind\"; there are " . implode( ', ', array_keys( kinds() ) ) . '.' ) ) . '</p>' : '';
	}
	$list = new Listing( $kind, $given, 0 === $number++ ? 'eveobs' : "eveobs$number" );
	print_style();
	return inert( $list->html() ); // What visitors and players typed is in it; see `inert`.
}

/** One list on a page. What a reader asks for is in the query, under a prefix of its own. */
final class Listing {
	const ISK = array( 'price', 'reward', 'collateral', 'buyout' );
	/** Parameters that say which page is asked for, where permalinks do not. */
	const PLACE = array( 'p', 'page_id', 'pagename', 'name', 'post_type', 'cat', 'category_name', 'tag', 'author', 'm', 'paged' );

	/** @var string */
	private $kind;
	/** @var array */
	private $given;
	/** @var string */
	private $prefix;

	/** A list of documents of a kind; `$prefix` is that of its parameters in the address. */
	public function __construct( string $kind, array $given, string $prefix ) {
		$this->kind   = $kind;
		$this->given  = $given;
		$this->prefix = $prefix;
	}

	/** The list with its form and pages. */
	public function html(): string {
		$query = $this->query();
		$head  = '';
		foreach ( $this->columns() as $column ) {
			$head .= $this->head( $column );
		}
		$body = '';
		foreach ( $query->posts as $post ) {
			$body .= $this->row( $post );
		}
		$table = $body ? "<table class=\"eveobs-table cards\"><thead><tr>$head</tr></thead><tbody>$body</tbody></table>" : '<p>Nothing is listed.</p>';
		return '<div class="eveobs eveobs-list" id="' . esc_attr( $this->prefix ) . '">' . $this->form() . $table . $this->pages( $query ) . '</div>';
	}

	/** What a reader asks for: a parameter of the address, or the attribute. */
	private function asked( string $name ): string {
		$text = isset( $_GET[ $this->prefix . '_' . $name ] ) && is_string( $_GET[ $this->prefix . '_' . $name ] ) ? sanitize_text_field( wp_unslash( $_GET[ $this->prefix . '_' . $name ] ) ) : ''; // phpcs:ignore WordPress.Security.NonceVerification -- reads only.
		return '' !== $text ? mb_substr( $text, 0, 200 ) : (string) ( $this->given[ $name ] ?? '' );
	}

	/** The fields that a list may show or be sorted by. */
	private function fields(): array {
		return array_merge( array( 'title', 'date', 'excerpt', 'image' ), kinds()[ $this->kind ]['terms'], kinds()[ $this->kind ]['meta'] );
	}

	/** The columns that are shown. */
	private function columns(): array {
		$wanted = array_filter( array_map( 'trim', explode( ',', $this->given['columns'] ) ) );
		$normal = array_intersect( array( 'title', 'region', 'price', 'status', 'date' ), $this->fields() );
		return array_values( array_intersect( $wanted ? $wanted : $normal, $this->fields() ) );
	}

	/** Field and direction of the order. */
	private function order(): array {
		$sort  = $this->asked( 'sort' );
		$field = ltrim( $sort, '-' );
		return in_array( $field, $this->fields(), true ) ? array( $field, '-' === substr( $sort, 0, 1 ) ? 'DESC' : 'ASC' ) : array( 'date', 'DESC' );
	}

	/** The documents of the page. */
	private function query(): \WP_Query {
		list( $field, $way ) = $this->order();
		$wanted              = array(
			'post_type'           => 'eve_' . $this->kind,
			'post_status'         => 'publish',
			'has_password'        => false, // Their fields, too, are for who knows it.
			'posts_per_page'      => max( 1, min( 200, (int) $this->given['per_page'] ) ),
			'paged'               => max( 1, (int) $this->asked( 'page' ) ),
			's'                   => $this->asked( 'search' ),
			'search_columns'      => array( 'post_title', 'post_excerpt' ),
			'orderby'             => in_array( $field, array( 'title', 'date' ), true ) ? array( $field => $way, 'ID' => $way ) : array( 'ID' => $way ),
			'tax_query'           => array(), // phpcs:ignore WordPress.DB.SlowDBQuery
			'ignore_sticky_posts' => true,
		);
		foreach ( kinds()[ $this->kind ]['terms'] as $term ) {
			$name = $this->asked( $term );
			if ( '' !== $name ) {
				$wanted['tax_query'][] = array(
					'taxonomy' => "eve_$term",
					'field'    => 'name',
					'terms'    => inert( $name ),
				);
			}
		}
		$by = $this->by_meta( $field, $way );
		add_filter( 'posts_clauses', $by );
		$query = new \WP_Query( $wanted );
		remove_filter( 'posts_clauses', $by );
		return $query;
	}

	/** Sorts by a meta field, numbers as numbers, and keeps documents that have not got it. */
	private function by_meta( string $field, string $way ): callable {
		$metas = kinds()[ $this->kind ]['meta'];
		return static function ( $clauses ) use ( $field, $way, $metas ) {
			global $wpdb;
			if ( in_array( $field, $metas, true ) ) {
				$clauses['join']   .= $wpdb->prepare( " LEFT JOIN $wpdb->postmeta eveobs ON eveobs.post_id = $wpdb->posts.ID AND eveobs.meta_key = %s", "eve_$field" ); // phpcs:ignore
				$clauses['orderby'] = "(eveobs.meta_value + 0) $way, eveobs.meta_value $way, $wpdb->posts.ID $way";
			}
			return $clauses;
		};
	}

	/** The address of this page, without what a visitor added to it. */
	private function base(): string {
		global $wp;
		$here = is_singular() ? get_permalink( get_queried_object_id() ) : false;
		return $here ? $here : home_url( user_trailingslashit( '/' . ltrim( (string) ( $wp->request ?? '' ), '/' ) ) );
	}

	/** Of the parameters of the request those that say which page this is, and those of its lists. */
	private static function kept(): array {
		$kept = array();
		foreach ( $_GET as $name => $text ) { // phpcs:ignore WordPress.Security.NonceVerification -- reads only.
			$ours = preg_match( '/^eveobs[0-9]*_([a-z_]{1,32})$/D', (string) $name, $found ) && in_array( $found[1], array_merge( array( 'search', 'sort', 'page' ), array_keys( taxonomies() ) ), true );
			$page = ! is_singular() && in_array( $name, self::PLACE, true );
			if ( is_string( $text ) && ( $ours || $page ) ) {
				$kept[ $name ] = mb_substr( sanitize_text_field( wp_unslash( $text ) ), 0, 200 );
			}
		}
		return $kept;
	}

	/** The address of this page with other parameters of this list. */
	private function address( array $changes ): string {
		$named = self::kept();
		foreach ( $changes as $name => $text ) {
			$named[ $this->prefix . '_' . $name ] = (string) $text;
		}
		return esc_url( add_query_arg( array_map( 'rawurlencode', $named ), $this->base() ) . '#' . $this->prefix );
	}

	/** The head of a column: a link that sorts by it. */
	private function head( string $column ): string {
		list( $field, $way ) = $this->order();
		$label               = esc_html( ucfirst( str_replace( '_', ' ', $column ) ) );
		if ( in_array( $column, array_merge( array( 'image', 'excerpt' ), kinds()[ $this->kind ]['terms'] ), true ) ) {
			return "<th scope=\"col\">$label</th>";
		}
		$next = $field === $column && 'DESC' === $way ? $column : "-$column";
		$mark = $field === $column ? ( 'DESC' === $way ? ' ▼' : ' ▲' ) : '';
		$aria = $field === $column ? ' aria-sort="' . ( 'DESC' === $way ? 'descending' : 'ascending' ) . '"' : '';
		return sprintf( '<th scope="col"%s%s><a href="%s">%s%s</a></th>', $this->is_number( $column ) ? ' class="number"' : '', $aria, $this->address( array( 'sort' => $next, 'page' => 1 ) ), $label, $mark );
	}

	/** Whether a column is of ISK. */
	private function is_number( string $column ): bool {
		return in_array( $column, self::ISK, true );
	}

	/** A document as a row. */
	private function row( $post ): string {
		$cells = '';
		foreach ( $this->columns() as $column ) {
			$class  = $this->is_number( $column ) ? ' class="number"' : '';
			$cells .= '<td data-label="' . esc_attr( ucfirst( str_replace( '_', ' ', $column ) ) ) . "\"$class>" . $this->cell( $post, $column ) . '</td>';
		}
		return "<tr>$cells</tr>";
	}

	/** One cell, escaped. */
	private function cell( $post, string $column ): string {
		if ( 'title' === $column ) {
			return '<a href="' . esc_url( get_permalink( $post ) ) . '">' . esc_html( html_entity_decode( $post->post_title, ENT_QUOTES | ENT_HTML5, 'UTF-8' ) ) . '</a>';
		}
		if ( 'date' === $column ) {
			return esc_html( get_post_time( 'Y-m-d', true, $post ) );
		}
		if ( 'excerpt' === $column ) {
			return esc_html( html_entity_decode( $post->post_excerpt, ENT_QUOTES | ENT_HTML5, 'UTF-8' ) );
		}
		if ( 'image' === $column ) {
			return thumbnail( '', $post->ID, 0, '', array() );
		}
		if ( in_array( $column, kinds()[ $this->kind ]['terms'], true ) ) {
			$terms = get_the_terms( $post, "eve_$column" );
			return $terms && ! is_wp_error( $terms ) ? esc_html( html_entity_decode( implode( ', ', wp_list_pluck( $terms, 'name' ) ), ENT_QUOTES | ENT_HTML5, 'UTF-8' ) ) : '';
		}
		$text = (string) get_post_meta( $post->ID, "eve_$column", true );
		return esc_html( $this->is_number( $column ) && is_numeric( $text ) ? number_format( (float) $text ) . ' ISK' : $text );
	}

	/** The form to search and filter. */
	private function form(): string {
		if ( 'yes' !== $this->given['filter'] ) {
			return '';
		}
		$hidden = '';
		$given  = array();
		wp_parse_str( (string) wp_parse_url( $this->base(), PHP_URL_QUERY ), $given );
		foreach ( array_merge( $given, self::kept() ) as $name => $text ) {
			if ( is_string( $text ) && 0 !== strpos( (string) $name, $this->prefix . '_' ) ) {
				$hidden .= sprintf( '<input type="hidden" name="%s" value="%s">', esc_attr( $name ), esc_attr( $text ) );
			}
		}
		$fields = sprintf( '<label>Search <input type="search" name="%s_search" value="%s"></label>', esc_attr( $this->prefix ), esc_attr( $this->asked( 'search' ) ) );
		foreach ( array_intersect( array( 'region', 'category', 'status' ), kinds()[ $this->kind ]['terms'] ) as $term ) {
			$fields .= '' === $this->given[ $term ] ? $this->select( $term ) : '';
		}
		return '<form class="eveobs-finder" method="get" action="' . esc_url( $this->base() . '#' . $this->prefix ) . "\">$hidden$fields<button>Show</button></form>";
	}

	/** A choice of the terms of a taxonomy. */
	private function select( string $term ): string {
		$options = '<option value="">all</option>';
		$terms   = get_terms(
			array(
				'taxonomy' => "eve_$term",
				'number'   => 200,
				'orderby'  => 'name',
			)
		);
		foreach ( is_wp_error( $terms ) ? array() : $terms as $one ) {
			$name     = html_entity_decode( $one->name, ENT_QUOTES | ENT_HTML5, 'UTF-8' );
			$options .= sprintf( '<option value="%s"%s>%s</option>', esc_attr( $name ), selected( $this->asked( $term ), $name, false ), esc_html( $name ) );
		}
		return sprintf( '<label>%s <select name="%s_%s">%s</select></label>', esc_html( ucfirst( $term ) ), esc_attr( $this->prefix ), esc_attr( $term ), $options );
	}

	/** The way to other pages. */
	private function pages( \WP_Query $query ): string {
		$page  = max( 1, (int) $this->asked( 'page' ) );
		$pages = (int) $query->max_num_pages;
		if ( $pages < 2 ) {
			return '';
		}
		$back = $page > 1 ? '<a rel="prev" href="' . $this->address( array( 'page' => $page - 1 ) ) . '">Back</a>' : '';
		$next = $page < $pages ? '<a rel="next" href="' . $this->address( array( 'page' => $page + 1 ) ) . '">Next</a>' : '';
		return sprintf( '<nav class="eveobs-pager">%s <span>Page %d of %d, %s in all</span> %s</nav>', $back, min( $page, $pages ), $pages, number_format( $query->found_posts ), $next );
	}
}
